/** PostgreSQL as programs and folders on this machine: bundles, full installations, data directories, postmasters. */
package dev.mooring.dataplane.local.postgres;
