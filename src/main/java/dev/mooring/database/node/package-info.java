/** A cluster's nodes: which there are, which is the primary, and how that changes. */
@NullMarked
package dev.mooring.database.node;

import org.jspecify.annotations.NullMarked;
