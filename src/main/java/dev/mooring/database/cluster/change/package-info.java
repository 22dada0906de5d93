/** How a change of a cluster is asked for: locked, written as a new revision, queued, waited for. */
package dev.mooring.database.cluster.change;
