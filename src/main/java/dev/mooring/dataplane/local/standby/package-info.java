/** Servers that follow a cluster's primary and take its place when it is lost. */
package dev.mooring.dataplane.local.standby;
