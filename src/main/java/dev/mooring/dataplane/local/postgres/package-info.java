/** PostgreSQL as programs and folders on this machine: bundles, full installations, data directories, postmasters. */
@NullMarked
package dev.mooring.dataplane.local.postgres;

import org.jspecify.annotations.NullMarked;
