/** The local data plane: PostgreSQL processes on this machine, started, watched and changed by this process. */
@NullMarked
package dev.mooring.dataplane.local;

import org.jspecify.annotations.NullMarked;
