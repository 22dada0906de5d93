/** Apache Kafka as a program: its jars, a Java to run them, and a broker as a process that outlives Mooring. */
package dev.mooring.process.kafka;
