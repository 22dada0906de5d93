/** Read-only nodes: their beginning, and how one becomes a cluster of its own. */
package dev.mooring.dataplane.local.program.replica;
