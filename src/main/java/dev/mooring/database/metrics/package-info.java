/** A port of measurements for each cluster, its certificate and its credentials. */
package dev.mooring.database.metrics;
