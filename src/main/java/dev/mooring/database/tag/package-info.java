/** Tags of clusters. */
@NullMarked
package dev.mooring.database.tag;

import org.jspecify.annotations.NullMarked;
