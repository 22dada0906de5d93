/** The programs that change Kafka clusters on Kubernetes. */
package dev.mooring.dataplane.kubernetes.kafka.program;
