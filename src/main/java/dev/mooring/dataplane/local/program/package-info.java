/** One file per operation on local clusters, each readable from top to bottom. */
@NullMarked
package dev.mooring.dataplane.local.program;

import org.jspecify.annotations.NullMarked;
