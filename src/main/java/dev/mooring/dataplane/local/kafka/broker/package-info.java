/** The brokers of this machine: their files and processes, their certificates, topics and measurements. */
package dev.mooring.dataplane.local.kafka.broker;
