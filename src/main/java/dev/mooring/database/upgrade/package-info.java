/** New versions of a server: minor ones, major ones and the way back, the window in which they are installed. */
@NullMarked
package dev.mooring.database.upgrade;

import org.jspecify.annotations.NullMarked;
