/** The brokers of this machine: their files and processes, their certificates, topics and measurements. */
@NullMarked
package dev.mooring.dataplane.local.kafka.broker;

import org.jspecify.annotations.NullMarked;
