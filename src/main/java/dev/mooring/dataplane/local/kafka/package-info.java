/** Clusters of Apache Kafka on this machine: one folder for each broker, and an administration client for each cluster. */
@NullMarked
package dev.mooring.dataplane.local.kafka;

import org.jspecify.annotations.NullMarked;
