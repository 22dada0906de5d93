/** What is true of Apache Kafka wherever it runs. */
package dev.mooring.engine.kafka;
