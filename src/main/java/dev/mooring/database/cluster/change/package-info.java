/** How a change of a cluster is asked for: locked, written as a new revision, queued, waited for. */
@NullMarked
package dev.mooring.database.cluster.change;

import org.jspecify.annotations.NullMarked;
