/** The programs that change Kafka clusters. */
@NullMarked
package dev.mooring.dataplane.local.kafka.program;

import org.jspecify.annotations.NullMarked;
