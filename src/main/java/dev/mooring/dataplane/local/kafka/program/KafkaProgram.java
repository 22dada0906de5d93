package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.kafka.BrokerProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.errors.ApiException;

/** What the programs on Kafka clusters share: that only one of them touches a cluster's brokers at a time. */
abstract class KafkaProgram<S extends Enum<S> & Step, F> extends ChangeProgram<S, F> {

    private static final Duration PATIENCE = Duration.ofMillis(200);
    private static final Duration GLANCE = Duration.ofMillis(50);
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    protected static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    protected final Brokers brokers;

    KafkaProgram(Change change, Class<S> steps, S rollBack, F noFacts, Brokers brokers) {
        super(change, LocalClusters.PLANE, KafkaEngine.ENGINE, steps, rollBack, noFacts);
        this.brokers = brokers;
    }

    /** One step, with the locks of all of the cluster's brokers held. */
    protected abstract Next step(S step, Task<ClusterSpec, F> task) throws Exception;

    @Override
    public final Next run(S step, Task<ClusterSpec, F> task) throws Exception {
        List<ReentrantLock> held = new ArrayList<>();
        try {
            // Always in the order of the brokers: two of them never wait for each other.
            for (ReentrantLock lock : brokers.locks(task.wish().id())) {
                if (!lock.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                    return Next.waitFor(PATIENCE, "a broker of the cluster is being started or looked after");
                }
                held.add(lock);
            }
            return step(step, task);
        } catch (ApiException e) {
            // What brokers refuse they would refuse again; what did not reach them is another exception.
            throw new OperationFailed("Kafka refuses the change: " + e.getMessage(), e);
        } finally {
            held.reversed().forEach(ReentrantLock::unlock);
        }
    }

    /** Returns when every broker takes part; fails when one ends before that. */
    protected void awaitAll(KafkaManifest manifest) throws Exception {
        Instant end = Instant.now().plus(START_LIMIT);
        while (!brokers.complete(manifest)) {
            for (KafkaManifest.Broker broker : manifest.brokers()) {
                var process = brokers.process(manifest, broker);
                if (!process.alive()) {
                    throw new OperationFailed("broker " + broker.id() + " did not start: " + process.startFailure());
                }
            }
            if (Instant.now().isAfter(end)) {
                throw new OperationFailed(
                        "the brokers did not find each other within " + START_LIMIT.toSeconds() + " s");
            }
            Thread.sleep(GLANCE);
        }
    }

    /** One after the other: each is back, with all that it missed, before the next one goes. */
    protected Map<String, Object> roll(KafkaManifest manifest) throws Exception {
        Map<String, Object> pauses = new LinkedHashMap<>();
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            Instant begin = Instant.now();
            BrokerProcess process = brokers.process(manifest, broker);
            process.stop(STOP_LIMIT);
            brokers.files().writeSettings(manifest, broker);
            process.start();
            awaitAll(manifest);
            awaitCopies(manifest);
            pauses.put(
                    "broker_" + broker.id() + "_away_ms",
                    Duration.between(begin, Instant.now()).toMillis());
        }
        return pauses;
    }

    /** What should run; fails where the cluster is not any more. */
    protected KafkaManifest manifest(Task<ClusterSpec, F> task) throws Exception {
        return brokers.folder(task.wish().id())
                .manifest()
                .orElseThrow(() -> new OperationFailed("the cluster does not run here any more; nothing was changed"));
    }

    /** Until every partition has all of its copies in step. */
    private void awaitCopies(KafkaManifest manifest) throws Exception {
        if (!brokers.awaitInStep(manifest)) {
            throw new OperationFailed("copies of partitions are not in step after " + START_LIMIT.toSeconds()
                    + " s; the brokers that are left to restart go on with the settings of before");
        }
    }
}
