/** The tags that pages repeat most, in Java. */
package dev.mooring.console.tag;
