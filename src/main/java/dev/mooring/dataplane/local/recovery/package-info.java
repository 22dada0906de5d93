/** From an archive to a server that runs: which base backup, unpacking it, replaying the WAL up to a moment. */
@NullMarked
package dev.mooring.dataplane.local.recovery;

import org.jspecify.annotations.NullMarked;
