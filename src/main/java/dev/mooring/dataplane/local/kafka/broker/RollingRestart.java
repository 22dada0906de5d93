package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.Lag;
import dev.mooring.dataplane.local.kafka.admin.Redundancy;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Restarts brokers while the others serve. Whoever does holds the locks of all of them while it looks and restarts, and lets go of them
 * while it waits: those that are down are started by who looks after them, which needs the locks too.
 */
public record RollingRestart(Brokers brokers) {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration GLANCE = Duration.ofMillis(50);

    /** What is waited for before a broker may be stopped, in words that go on "waits for"; empty when it may. Blocks. */
    public Optional<String> obstacle(KafkaManifest manifest, KafkaManifest.Broker broker)
            throws IOException, InterruptedException {
        if (manifest.brokers().size() == 1) {
            return Optional.empty();
        }
        Optional<String> absent = absent(manifest, broker.id());
        if (absent.isPresent()) {
            return absent;
        }
        try {
            return new Redundancy(brokers.admin(manifest)).needs(broker.id());
        } catch (Topics.Unreachable e) {
            return Optional.of("the brokers, which do not answer");
        } catch (UnknownTopicOrPartitionException e) {
            return Optional.of("a topic that is being deleted");
        }
    }

    /** The first broker that does not take part, in words. Blocks. */
    public Optional<String> absent(KafkaManifest manifest, int except) throws IOException, InterruptedException {
        Set<Integer> present = brokers.present(manifest);
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            BrokerProcess process = brokers.process(manifest, broker);
            if (broker.id() == except) {
                continue;
            }
            if (!process.alive()) {
                return Optional.of("broker " + broker.id() + ", which is down");
            }
            if (process.halted()) {
                return Optional.of("broker " + broker.id() + ", which a signal has stopped");
            }
            if (!present.contains(broker.id())) {
                return Optional.of("broker " + broker.id() + ", which does not take part yet");
            }
        }
        return Optional.empty();
    }

    /** Stops it, and starts it as the manifest says. */
    public void begin(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException, InterruptedException {
        brokers.process(manifest, broker).stop(STOP_LIMIT);
        prepare(manifest, broker);
        brokers.process(manifest, broker).start();
    }

    /** Whoever starts it from now on has it run as the manifest says. */
    public void prepare(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        brokers.watch(manifest, broker);
        brokers.files().writeSettings(manifest, broker);
    }

    /**
     * The same; returns when the broker takes part again and has caught up, or another one has gone meanwhile.
     *
     * @return how long it was away
     * @throws OperationFailed when it does not come back
     */
    public Duration restart(KafkaManifest manifest, KafkaManifest.Broker broker)
            throws IOException, InterruptedException {
        long begun = Monotonic.nanos();
        begin(manifest, broker);
        BrokerProcess process = brokers.process(manifest, broker);
        boolean back = false;
        while (!(back && inStep(manifest))) {
            if (!process.alive()) {
                throw new OperationFailed("broker " + broker.id() + " did not start: " + process.startFailure());
            }
            back = back || brokers.present(manifest).contains(broker.id());
            if (back && absent(manifest, broker.id()).isPresent()) {
                // Copies are not in step before that one is there again, which nobody starts while this goes on.
                break;
            }
            if (since(begun).compareTo(START_LIMIT) > 0) {
                if (back) {
                    break;
                }
                throw new OperationFailed(
                        "broker " + broker.id() + " did not find the others within " + START_LIMIT.toSeconds() + " s");
            }
            Thread.sleep(GLANCE);
        }
        return since(begun);
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(Monotonic.nanos() - nanos);
    }

    /** Whether every partition has all of its copies in step. */
    public boolean inStep(KafkaManifest manifest) throws IOException, InterruptedException {
        try {
            return Lag.behind(brokers.admin(manifest)) == 0;
        } catch (Topics.Unreachable | UnknownTopicOrPartitionException e) {
            return false;
        }
    }
}
