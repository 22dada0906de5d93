/** What is true of an engine wherever its clusters run: versions, sizes, settings, how clients connect. */
@NullMarked
package dev.mooring.engine;

import org.jspecify.annotations.NullMarked;
