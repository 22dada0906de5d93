/** Apache Kafka as a program: its jars, a Java to run them, and a broker as a process that outlives Mooring. */
@NullMarked
package dev.mooring.process.kafka;

import org.jspecify.annotations.NullMarked;
