package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.kafka.admin.Copies;
import dev.mooring.dataplane.local.kafka.admin.Quorum;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

/**
 * Another size. Where it has more brokers, they are started beside those that serve, take part in the controllers' quorum, and get a copy
 * of everything, before the settings that go with them restart anybody.
 */
@Singleton
class ResizeKafka extends ReconcileKafka<ResizeKafka.Steps> {

    private static final Duration GLANCE = Duration.ofMillis(500);
    private static final Duration COPYING = Duration.ofMinutes(30);

    enum Steps implements Step {
        CHECK("Checking ports and disk"),
        ADD("Starting more brokers"),
        JOIN("Making controllers of them"),
        SPREAD("Copying the partitions to every broker"),
        APPLY("Applying the settings of the size"),
        RESTART("Restarting the brokers one after the other for settings that need it"),
        ROLL_BACK("Putting the previous size back");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public Duration deadline() {
            return this == SPREAD ? COPYING : Step.super.deadline();
        }
    }

    ResizeKafka(Brokers brokers) {
        super(Change.RESIZE, Steps.class, Steps.ROLL_BACK, brokers);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        KafkaManifest manifest = manifest(task);
        return switch (step) {
            case CHECK -> check(task, manifest);
            case ADD -> add(manifest, brokers.grown(task.wish(), manifest));
            case JOIN -> join(brokers.grown(task.wish(), manifest));
            case SPREAD -> spread(task, manifest);
            case APPLY -> apply(task, manifest, Steps.RESTART);
            case RESTART -> restart(task, manifest);
            case ROLL_BACK -> rollBack(task, manifest);
        };
    }

    /** The brokers that were there do not know of the others yet. */
    @Override
    protected boolean restarts(KafkaManifest settled) throws IOException {
        return brokers.files().differ(settled);
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        int present = manifest.brokers().size();
        int wanted = KafkaEngine.brokers(task.wish().size());
        if (wanted < present) {
            throw new OperationFailed("a cluster of " + present + " brokers does not become one of " + wanted
                    + " again: what protects its records would be given up. Nothing was changed; create another one"
                    + " and move its topics.");
        }
        KafkaManifest grown = brokers.grown(task.wish(), manifest);
        if (wanted == present) {
            brokers.folder(manifest.id()).write(grown);
            return Next.go(Steps.APPLY);
        }
        for (KafkaManifest.Broker broker : added(manifest, grown)) {
            for (int port : new int[] {broker.port(), broker.internal(), broker.controller(), broker.access()}) {
                if (port != 0 && !brokers.process(grown, broker).alive() && !brokers.free(port)) {
                    throw new OperationFailed("port " + port
                            + " is taken by another program. Nothing was changed; end it" + " and resize again.");
                }
            }
        }
        requireDisk(manifest, wanted - present);
        task.keep(task.facts().withNodesBefore(present));
        return Next.go(Steps.ADD);
    }

    private void requireDisk(KafkaManifest manifest, int more) throws Exception {
        long copy = new Copies(brokers.admin(manifest)).bytes(manifest) + ProvisionKafka.SMALLEST_DISK;
        long free = Files.getFileStore(brokers.folder(manifest.id()).root()).getUsableSpace();
        if (free < more * copy) {
            throw new OperationFailed("only " + (free >> 20) + " MiB are free for clusters, " + more
                    + " more copies of everything need " + (more * copy >> 20)
                    + " MiB. Nothing was changed; free some space and resize again.");
        }
    }

    private static List<KafkaManifest.Broker> added(KafkaManifest manifest, KafkaManifest grown) {
        return grown.brokers()
                .subList(manifest.brokers().size(), grown.brokers().size());
    }

    private Next add(KafkaManifest manifest, KafkaManifest grown) throws Exception {
        brokers.files().write(grown, added(manifest, grown), brokers.folder(grown.id()));
        for (KafkaManifest.Broker broker : added(manifest, grown)) {
            brokers.joiningProcess(grown, broker).start();
        }
        awaitAll(grown);
        return Next.go(Steps.JOIN);
    }

    private Next join(KafkaManifest grown) throws Exception {
        Quorum quorum = new Quorum(brokers.admin(grown));
        for (KafkaManifest.Broker broker : grown.brokers()) {
            if (!quorum.join(broker)) {
                return Next.waitFor(GLANCE, "broker " + broker.id() + " has not read the metadata yet");
            }
        }
        // From here on topics may have a copy on each of them, and each is kept running.
        brokers.folder(grown.id()).write(grown);
        brokers.watch(grown);
        return Next.go(Steps.SPREAD);
    }

    private Next spread(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        Copies.Moving moving = new Copies(brokers.admin(manifest)).spread(manifest.brokerIds());
        if (moving.left() == 0) {
            return Next.go(Steps.APPLY);
        }
        String done = moving.all() - moving.left() + " of " + moving.all() + " partitions have a copy on every broker";
        task.progress(moving.all() - moving.left(), moving.all(), done);
        return Next.waitFor(GLANCE, done);
    }

    /** Whoever came goes again: first what is on it, then its voice, then itself. */
    private Next rollBack(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        Integer before = task.facts().nodesBefore();
        if (before == null) {
            return putBack(task, manifest);
        }
        KafkaManifest smaller = manifest.limitedTo(before);
        KafkaManifest grown = brokers.grown(task.wish(), smaller);
        List<KafkaManifest.Broker> added = added(smaller, grown);
        try {
            // Those that have a voice already are needed to take it away.
            for (KafkaManifest.Broker broker : added) {
                if (brokers.files().hasFiles(grown, broker)) {
                    brokers.joiningProcess(grown, broker).start();
                }
            }
            if (new Copies(brokers.admin(smaller)).spread(smaller.brokerIds()).left() > 0) {
                return Next.waitFor(GLANCE, "the partitions go back to where they were");
            }
            Quorum quorum = new Quorum(brokers.admin(smaller));
            for (KafkaManifest.Broker broker : added.reversed()) {
                quorum.leave(broker);
            }
        } catch (Topics.Unreachable e) {
            return Next.waitFor(GLANCE, "the brokers do not answer yet: " + e.getMessage());
        }
        brokers.folder(smaller.id()).write(smaller);
        for (KafkaManifest.Broker broker : added) {
            brokers.remove(smaller, broker);
        }
        return putBack(task, smaller);
    }
}
