/**
 * Clusters, whatever the plane: endpoints that touch all of a cluster, and what the end of an operation means for its rows. The
 * rooms below hold one noun each.
 */
@NullMarked
package dev.mooring.database;

import org.jspecify.annotations.NullMarked;
