/** One cluster on this machine: its folder, its configuration, its roles and databases, and who keeps it running. */
package dev.mooring.dataplane.local.cluster;
