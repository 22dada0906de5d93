/** Databases of servers elsewhere, brought into a cluster while they serve. */
@NullMarked
package dev.mooring.dataplane.local.migration;

import org.jspecify.annotations.NullMarked;
