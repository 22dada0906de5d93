/** Operations: lists of them, and one as a timeline. */
@NullMarked
package dev.mooring.console.operation;

import org.jspecify.annotations.NullMarked;
