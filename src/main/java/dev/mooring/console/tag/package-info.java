/** The tags that pages repeat most, in Java. */
@NullMarked
package dev.mooring.console.tag;

import org.jspecify.annotations.NullMarked;
