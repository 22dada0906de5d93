/** What brokers are asked and told over the network. */
package dev.mooring.dataplane.local.kafka.admin;
