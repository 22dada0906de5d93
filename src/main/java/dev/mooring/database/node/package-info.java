/** A cluster's nodes: which there are, which is the primary, and how that changes. */
package dev.mooring.database.node;
