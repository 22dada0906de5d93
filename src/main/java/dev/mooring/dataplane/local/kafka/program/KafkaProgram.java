package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.Rolling;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.broker.RollingRestart;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.errors.ApiException;

/** What the programs on Kafka clusters share: that only one of them touches a cluster's brokers at a time, and how these are restarted. */
abstract class KafkaProgram<S extends Enum<S> & Step, F extends Rolling<F>> extends ChangeProgram<S, F> {

    private static final Duration PATIENCE = Duration.ofMillis(200);
    private static final Duration GLANCE = Duration.ofMillis(50);
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    /** In place of how long a broker was away that was stopped and may not be back. */
    private static final int BEGUN = -1;

    private static final String GOING_BACK = "going_back";

    protected final Brokers brokers;

    KafkaProgram(Change change, Class<S> steps, S rollBack, F noFacts, Brokers brokers) {
        super(change, LocalClusters.PLANE, KafkaEngine.ENGINE, steps, rollBack, noFacts);
        this.brokers = brokers;
    }

    /** One step, with the locks of all of the cluster's brokers held. */
    protected abstract Next step(S step, Task<ClusterSpec, F> task) throws Exception;

    @Override
    public final Next run(S step, Task<ClusterSpec, F> task) throws Exception {
        Optional<Brokers.Held> held = brokers.hold(task.wish().id(), PATIENCE);
        if (held.isEmpty()) {
            return Next.waitFor(PATIENCE, "a broker of the cluster is being started or looked after");
        }
        try (Brokers.Held locks = held.get()) {
            return step(step, task);
        } catch (ApiException e) {
            // What brokers refuse they would refuse again; what did not reach them is another exception.
            throw new OperationFailed("Kafka refuses the change: " + e.getMessage(), e);
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

    /**
     * Has every broker run as the manifest says, one after the other, those first that are down. None is stopped before all others are
     * up and have what it has, so a step of the caller comes here many times; waiting ends with the step's deadline.
     *
     * @return empty when all are back
     */
    protected Optional<Next> roll(Task<ClusterSpec, F> task, KafkaManifest manifest) throws Exception {
        RollingRestart restart = new RollingRestart(brokers);
        Map<String, Object> away = task.facts().away();
        List<KafkaManifest.Broker> left = downFirst(
                manifest,
                manifest.brokers().stream()
                        .filter(broker -> !back(away.getOrDefault(awayMs(broker), BEGUN)))
                        .toList());
        if (left.isEmpty()) {
            return inStep(task, manifest, restart);
        }
        KafkaManifest.Broker broker = left.getFirst();
        Optional<String> obstacle = restart.obstacle(manifest, broker);
        if (obstacle.isPresent()) {
            return Optional.of(wait(task, obstacle.get()));
        }
        if (!away.containsKey(awayMs(broker))) {
            // Known before it is stopped: whoever goes back touches those alone that were touched.
            task.keep(with(task.facts(), awayMs(broker), BEGUN));
            return Optional.of(Next.again("broker " + broker.id() + " is restarted"));
        }
        Duration was = restart.restart(manifest, broker);
        task.keep(with(task.facts(), awayMs(broker), was.toMillis()));
        int all = manifest.brokers().size();
        String done = all - left.size() + 1 + " of " + all + " brokers are restarted";
        task.progress(all - left.size() + 1, all, done);
        return Optional.of(Next.waitFor(Duration.ZERO, done));
    }

    private Optional<Next> inStep(Task<ClusterSpec, F> task, KafkaManifest manifest, RollingRestart restart)
            throws Exception {
        Optional<String> absent = restart.absent(manifest, 0);
        if (absent.isEmpty() && restart.inStep(manifest)) {
            return Optional.empty();
        }
        return Optional.of(wait(task, absent.orElse("the copies of partitions that are not in step")));
    }

    private Next wait(Task<ClusterSpec, F> task, String what) {
        if (task.overdue()) {
            throw new OperationFailed("the brokers cannot be restarted one after the other: this waited for " + what
                    + ". What was restarted goes back; no other broker was stopped.");
        }
        return Next.waitFor(AGAIN, "waits for " + what);
    }

    /**
     * Has the brokers that {@link #roll} touched run as the manifest says, with the same care, and returns {@link Next.Done} when the
     * cluster serves. One that could be restarted only at the expense of clients, for as long as the step's deadline, goes on as it is until
     * it ends.
     */
    protected Next goBack(Task<ClusterSpec, F> task, KafkaManifest manifest) throws Exception {
        if (task.awaited(Change.DESTROY.kind())) {
            return Next.done(null);
        }
        RollingRestart restart = new RollingRestart(brokers);
        Map<String, Object> away = task.facts().away();
        List<KafkaManifest.Broker> touched = manifest.brokers().stream()
                .filter(broker -> away.containsKey(awayMs(broker)))
                .toList();
        if (!touched.isEmpty() && !away.containsKey(GOING_BACK)) {
            // The step that has failed may have been overdue: this one begins to count.
            task.keep(with(task.facts(), GOING_BACK, BEGUN));
            return Next.waitFor(Duration.ZERO, "what was restarted goes back");
        }
        for (KafkaManifest.Broker broker : downFirst(manifest, touched)) {
            if (away.containsKey(goneBack(broker))) {
                continue;
            }
            Optional<String> obstacle =
                    brokers.process(manifest, broker).alive() ? restart.obstacle(manifest, broker) : Optional.empty();
            if (obstacle.isPresent() && !task.overdue()) {
                return Next.waitFor(AGAIN, "waits for " + obstacle.get());
            }
            if (obstacle.isPresent()) {
                restart.prepare(manifest, broker);
            } else {
                restart.begin(manifest, broker);
            }
            task.keep(with(task.facts(), goneBack(broker), obstacle.orElse("")));
            return Next.waitFor(Duration.ZERO, "broker " + broker.id() + " goes back");
        }
        return serving(task, manifest, touched);
    }

    /** Nobody is told that it serves before it does; brokers that nobody touched are somebody else's. */
    private Next serving(Task<ClusterSpec, F> task, KafkaManifest manifest, List<KafkaManifest.Broker> touched)
            throws Exception {
        var present = brokers.present(manifest);
        boolean most = present.size() > manifest.brokers().size() / 2;
        boolean all = true;
        for (KafkaManifest.Broker broker : touched) {
            all &= present.contains(broker.id())
                    || !brokers.process(manifest, broker).alive();
        }
        if (most && (all || task.overdue())) {
            List<String> asTheyAre = touched.stream()
                    .filter(broker -> task.facts().away().getOrDefault(goneBack(broker), "") instanceof String why
                            && !why.isEmpty())
                    .map(broker -> "broker " + broker.id() + " goes on with what was given up until it is restarted")
                    .toList();
            return Next.done(asTheyAre.isEmpty() ? null : Map.of("follow_up", String.join("; ", asTheyAre)));
        }
        return Next.waitFor(
                AGAIN,
                "the brokers do not serve yet: " + present.size() + " of "
                        + manifest.brokers().size() + " take part");
    }

    private List<KafkaManifest.Broker> downFirst(KafkaManifest manifest, List<KafkaManifest.Broker> some)
            throws Exception {
        Map<KafkaManifest.Broker, Boolean> alive = new LinkedHashMap<>();
        for (KafkaManifest.Broker broker : some) {
            alive.put(broker, brokers.process(manifest, broker).alive());
        }
        return some.stream()
                .sorted(Comparator.comparing(broker -> alive.getOrDefault(broker, true)))
                .toList();
    }

    /** How long each broker was away that {@link #roll} has restarted. */
    protected static Map<String, Object> pauses(Rolling<?> facts) {
        Map<String, Object> pauses = new LinkedHashMap<>();
        facts.away().forEach((name, value) -> {
            if (back(value)) {
                pauses.put(name, value);
            }
        });
        return pauses;
    }

    private static boolean back(Object value) {
        return value instanceof Number ms && ms.longValue() >= 0;
    }

    private static String awayMs(KafkaManifest.Broker broker) {
        return "broker_" + broker.id() + "_away_ms";
    }

    private static String goneBack(KafkaManifest.Broker broker) {
        return "broker_" + broker.id() + "_back";
    }

    private F with(F facts, String name, Object value) {
        Map<String, Object> away = new LinkedHashMap<>(facts.away());
        away.put(name, value);
        return facts.rolled(away);
    }

    /** What should run; fails where the cluster is not any more. */
    protected KafkaManifest manifest(Task<ClusterSpec, F> task) throws Exception {
        return brokers.folder(task.wish().id())
                .manifest()
                .orElseThrow(() -> new OperationFailed("the cluster does not run here any more; nothing was changed"));
    }
}
