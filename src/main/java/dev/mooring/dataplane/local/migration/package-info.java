/** Databases of servers elsewhere, brought into a cluster while they serve. */
package dev.mooring.dataplane.local.migration;
