/** Servers that follow a cluster's primary and take its place when it is lost. */
@NullMarked
package dev.mooring.dataplane.local.standby;

import org.jspecify.annotations.NullMarked;
