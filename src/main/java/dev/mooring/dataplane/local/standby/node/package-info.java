/** One server that follows: its files, its settings, its process. */
package dev.mooring.dataplane.local.standby.node;
