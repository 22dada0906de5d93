/** Read-only nodes of clusters: made, read, deleted, and promoted to clusters of their own. */
package dev.mooring.database.replica;
