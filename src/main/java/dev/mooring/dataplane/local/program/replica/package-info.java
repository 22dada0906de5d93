/** Read-only nodes: their beginning, and how one becomes a cluster of its own. */
@NullMarked
package dev.mooring.dataplane.local.program.replica;

import org.jspecify.annotations.NullMarked;
