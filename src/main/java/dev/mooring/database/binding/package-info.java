/** What apps get of clusters: dev databases, what an attached cluster shows an app, conversions, rehearsals. */
package dev.mooring.database.binding;
