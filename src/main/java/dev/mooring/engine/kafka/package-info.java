/** What is true of Apache Kafka wherever it runs. */
@NullMarked
package dev.mooring.engine.kafka;

import org.jspecify.annotations.NullMarked;
