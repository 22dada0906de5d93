/** Apps: the list, and what belongs to each. */
package dev.mooring.console.app;
