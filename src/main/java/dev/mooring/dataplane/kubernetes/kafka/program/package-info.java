/** The programs that change Kafka clusters on Kubernetes. */
@NullMarked
package dev.mooring.dataplane.kubernetes.kafka.program;

import org.jspecify.annotations.NullMarked;
