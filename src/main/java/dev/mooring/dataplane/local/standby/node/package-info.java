/** One server that follows: its files, its settings, its process. */
@NullMarked
package dev.mooring.dataplane.local.standby.node;

import org.jspecify.annotations.NullMarked;
