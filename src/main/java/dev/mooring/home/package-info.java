/** What this machine keeps for Mooring under {@code MOORING_HOME}: paths, the lock, keys and certificates. Imports nothing of ours. */
@NullMarked
package dev.mooring.home;

import org.jspecify.annotations.NullMarked;
