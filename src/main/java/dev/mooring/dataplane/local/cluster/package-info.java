/** One cluster on this machine: its folder, its configuration, its roles and databases, and who keeps it running. */
@NullMarked
package dev.mooring.dataplane.local.cluster;

import org.jspecify.annotations.NullMarked;
