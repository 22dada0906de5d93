/** What brokers are asked and told over the network. */
@NullMarked
package dev.mooring.dataplane.local.kafka.admin;

import org.jspecify.annotations.NullMarked;
