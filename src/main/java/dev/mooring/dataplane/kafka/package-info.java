/** Kafka clusters through Kafka's own protocol, wherever their brokers run: topics, users and what they may do, settings in force. */
@NullMarked
package dev.mooring.dataplane.kafka;

import org.jspecify.annotations.NullMarked;
