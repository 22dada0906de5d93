/** The programs that change Kafka clusters. */
package dev.mooring.dataplane.local.kafka.program;
