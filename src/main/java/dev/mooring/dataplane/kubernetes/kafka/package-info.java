/** Kafka clusters that Strimzi runs: the objects that they are, what the operator says of them, and the programs that change them. */
@NullMarked
package dev.mooring.dataplane.kubernetes.kafka;

import org.jspecify.annotations.NullMarked;
