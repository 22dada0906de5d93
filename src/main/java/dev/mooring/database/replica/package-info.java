/** Read-only nodes of clusters: made, read, deleted, and promoted to clusters of their own. */
@NullMarked
package dev.mooring.database.replica;

import org.jspecify.annotations.NullMarked;
