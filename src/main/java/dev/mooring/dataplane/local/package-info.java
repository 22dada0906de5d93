/** The local data plane: PostgreSQL processes on this machine, started, watched and changed by this process. */
package dev.mooring.dataplane.local;
