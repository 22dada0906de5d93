package dev.mooring.support.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;

/** Goes on writing, one record after the other, whatever happens to the brokers; it knows what was acknowledged. */
public final class KafkaWriter implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final KafkaProducer<String, String> producer;
    private final String topic;
    private final List<String> acknowledged = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile Throwable failure;

    public KafkaWriter(KafkaCluster kafka, String topic) {
        this.topic = topic;
        Properties settings = kafka.settings();
        settings.put("enable.idempotence", "true");
        settings.put("delivery.timeout.ms", Long.toString(PATIENCE.toMillis()));
        settings.put("max.block.ms", Long.toString(PATIENCE.toMillis()));
        producer = KafkaCluster.producer(settings);
        thread = Thread.ofPlatform().daemon().start(this::write);
    }

    private void write() {
        for (int i = 0; !stopped && failure == null; i++) {
            String value = "record " + i;
            try {
                producer.send(new ProducerRecord<>(topic, value)).get();
                acknowledged.add(value);
            } catch (ExecutionException e) {
                failure = e.getCause();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Returns when as many more are acknowledged as that. */
    public void awaitMore(int count) {
        int wanted = acknowledged.size() + count;
        Awaitility.await(count + " more records")
                .atMost(PATIENCE)
                .failFast(() -> failure != null)
                .until(() -> acknowledged.size() >= wanted);
    }

    /** All that was acknowledged; fails when a record was given up. */
    public List<String> stop() throws InterruptedException {
        stopped = true;
        thread.join();
        if (failure != null) {
            throw new AssertionError("a record was given up after " + acknowledged.size(), failure);
        }
        return acknowledged;
    }

    @Override
    public void close() {
        stopped = true;
        thread.interrupt();
        producer.close(Duration.ZERO);
    }
}
