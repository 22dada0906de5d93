/** How a node takes the primary's place, and which. */
@NullMarked
package dev.mooring.dataplane.local.standby.takeover;

import org.jspecify.annotations.NullMarked;
