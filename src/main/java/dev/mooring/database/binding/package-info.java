/** What apps get of clusters: dev databases, what an attached cluster shows an app, conversions, rehearsals. */
@NullMarked
package dev.mooring.database.binding;

import org.jspecify.annotations.NullMarked;
