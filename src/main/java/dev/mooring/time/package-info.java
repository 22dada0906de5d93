/**
 * How long something takes, and how long it may. What the time is comes from the injected {@link java.time.Clock}; nothing else
 * reads the machine's clocks.
 */
@NullMarked
package dev.mooring.time;

import org.jspecify.annotations.NullMarked;
