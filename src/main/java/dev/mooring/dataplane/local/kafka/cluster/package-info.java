/** What a Kafka cluster of this machine is: its manifest, its folders, its settings, and the versions there are. */
@NullMarked
package dev.mooring.dataplane.local.kafka.cluster;

import org.jspecify.annotations.NullMarked;
