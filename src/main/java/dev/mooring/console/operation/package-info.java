/** Operations: lists of them, and one as a timeline. */
package dev.mooring.console.operation;
