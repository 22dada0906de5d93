/** How a node takes the primary's place, and which. */
package dev.mooring.dataplane.local.standby.takeover;
