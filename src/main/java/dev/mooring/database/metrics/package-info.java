/** A port of measurements for each cluster, its certificate and its credentials. */
@NullMarked
package dev.mooring.database.metrics;

import org.jspecify.annotations.NullMarked;
