/** Apps: the list, and what belongs to each. */
@NullMarked
package dev.mooring.console.app;

import org.jspecify.annotations.NullMarked;
