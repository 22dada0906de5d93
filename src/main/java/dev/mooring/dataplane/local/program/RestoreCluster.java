package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.facts.RecoveryFacts.SwitchedOff;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.archive.Damaged;
import dev.mooring.dataplane.local.archive.Timelines;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.OutsideTies;
import dev.mooring.dataplane.local.postgres.ClosedDatabases;
import dev.mooring.dataplane.local.postgres.SystemIdentifier;
import dev.mooring.dataplane.local.recovery.RecoveryPlan;
import dev.mooring.dataplane.local.recovery.RestoreVerifier;
import dev.mooring.dataplane.local.recovery.WalReplay;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A new cluster with what another one held at some moment. Everything comes from that one's archive; it is not touched, and
 * may be gone. One that is its own origin was lost with its machine: it goes on in its archive, as itself.
 */
@Singleton
public class RestoreCluster extends ClusterProgram<RestoreCluster.Steps, RecoveryFacts> {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    public enum Steps implements Step {
        CHOOSE("Choosing the base backup and completing the archive"),
        COPY("Unpacking the base backup"),
        REPLAY("Replaying the WAL and promoting"),
        VERIFY("Checking that every database answers"),
        SWITCH_OFF("Switching off what would reach servers elsewhere"),
        START("Starting PostgreSQL under its own identity"),
        SET_UP("Setting users and passwords"),
        NODES("Copying the primary to standby nodes"),
        ROLL_BACK("Removing what was made");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        /** Whether it needs the archive: from before it chooses, what it has chosen must still be there when it is read. */
        boolean reads() {
            return ordinal() <= REPLAY.ordinal();
        }
    }

    private final Archives archives;
    private final Archiver archiver;
    private final RecoveryPlan plan;
    private final StandbyKeeper standbys;
    private final Clock clock;

    RestoreCluster(
            LocalClusters clusters,
            Archives archives,
            Archiver archiver,
            RecoveryPlan plan,
            StandbyKeeper standbys,
            Clock clock) {
        super(Change.RESTORE, Steps.class, Steps.ROLL_BACK, RecoveryFacts.NONE, clusters);
        this.archives = archives;
        this.archiver = archiver;
        this.plan = plan;
        this.standbys = standbys;
        this.clock = clock;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, RecoveryFacts> task) throws Exception {
        ClusterSpec.Origin origin = task.wish().requiredOrigin();
        RestoreSteps recovering = new RestoreSteps(
                clusters,
                archives,
                task,
                origin.cluster(),
                clusters.folder(task.wish().id()),
                task.wish().port(),
                origin.superuserSecret());
        try {
            Optional<Next> wait = step.reads() ? recovering.busyArchive() : Optional.empty();
            if (wait.isPresent()) {
                return wait.get();
            }
            return switch (step) {
                case CHOOSE -> choose(task);
                case COPY ->
                    Next.go(
                            switch (recovering.unpack()) {
                                case WHOLE -> Steps.REPLAY;
                                case STOPPED -> Steps.COPY;
                                case GONE -> Steps.CHOOSE;
                            });
                case REPLAY -> {
                    recovering.replayTo(target(origin));
                    yield Next.go(Steps.VERIFY);
                }
                case VERIFY -> verify(task, recovering);
                case SWITCH_OFF -> switchOff(task, recovering);
                case START -> start(task, recovering);
                case SET_UP -> setUp(task, recovering);
                case NODES -> addNodes(task, recovering);
                case ROLL_BACK -> {
                    standbys.forget(task.wish().id());
                    recovering.archive().release(task.id());
                    ClusterFiles.remove(clusters, task.wish().id());
                    yield Next.done(null);
                }
            };
        } catch (Damaged e) {
            throw new OperationFailed(e.getMessage() + ". What was made is removed; the source is as it was.", e);
        }
    }

    private static @Nullable Instant target(ClusterSpec.Origin origin) {
        return origin.at() == null ? null : Instant.parse(origin.at());
    }

    private Next choose(Task<ClusterSpec, RecoveryFacts> task) throws Exception {
        if (!clusters.portFree(task.wish().port())) {
            throw new OperationFailed("port " + task.wish().port()
                    + " is taken by another program. Nothing was created; try again to get another port.");
        }
        RecoveryFacts chosen = plan.choose(
                task.wish().requiredOrigin().cluster(), target(task.wish().requiredOrigin()));
        String version = chosen.requiredSemanticVersion();
        if (!version.startsWith(task.wish().version() + ".")) {
            throw new OperationFailed("the cluster ran PostgreSQL " + version + " then, not "
                    + task.wish().version() + ". Nothing was created; try again.");
        }
        task.keep(chosen);
        return Next.go(Steps.COPY);
    }

    private Next verify(Task<ClusterSpec, RecoveryFacts> task, RestoreSteps recovering) throws Exception {
        recovering.replay().ensureRunning();
        List<String> databases = RestoreVerifier.databases(recovering::open);
        try (Connection connection = recovering.open("postgres")) {
            List<SwitchedOff> ties = itself(task.wish())
                    ? List.of()
                    : ties(recovering, connection).find();
            task.keep(task.facts().withDatabases(databases).withSwitchedOff(ties));
            return Next.go(Steps.SWITCH_OFF);
        }
    }

    private static boolean itself(ClusterSpec wish) {
        return wish.id().equals(wish.requiredOrigin().cluster());
    }

    /** A step of its own: what was there to be switched off is written down before. */
    private static Next switchOff(Task<ClusterSpec, RecoveryFacts> task, RestoreSteps recovering) throws Exception {
        recovering.replay().ensureRunning();
        try (Connection connection = recovering.open("postgres")) {
            // Nobody else is it any more: what reaches servers elsewhere is its own to reach.
            if (!itself(task.wish())) {
                ties(recovering, connection).switchOff();
            }
            // Of a moment at which an upgrade of the original kept everybody out.
            new ClosedDatabases(connection).open();
        }
        return Next.go(Steps.START);
    }

    private static OutsideTies ties(RestoreSteps recovering, Connection connection) {
        return new OutsideTies(connection, recovering::reopen);
    }

    /** Another system identifier, unless it is the source itself: otherwise its WAL would pass for that one's. */
    private Next start(Task<ClusterSpec, RecoveryFacts> task, RestoreSteps recovering) throws Exception {
        WalReplay replay = recovering.replay();
        if (replay.begun()) {
            replay.stop(STOP_LIMIT);
            if (!itself(task.wish())) {
                SystemIdentifier.renew(recovering.folder().data());
            }
            replay.forget();
        }
        firstStart(task).start(() -> {});
        return Next.go(Steps.SET_UP);
    }

    private InitialStart firstStart(Task<ClusterSpec, RecoveryFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        return new InitialStart(
                clusters,
                wish.withDatabases(Stream.concat(task.facts().databases().stream(), wish.databases().stream())
                        .distinct()
                        .toList()),
                clusters.engines().engine(wish.version(), task.facts().requiredSemanticVersion()));
    }

    private Next setUp(Task<ClusterSpec, RecoveryFacts> task, RestoreSteps recovering) throws Exception {
        ClusterFolder folder = recovering.folder();
        firstStart(task).setUp(clusters.vault().unseal(recovering.superuserSecret()));
        archiver.begin(folder);
        if (itself(task.wish())) {
            try (Connection connection = recovering.reopen("postgres")) {
                Timelines.begin(
                        recovering.archive(),
                        archiver,
                        folder.id(),
                        clock.instant(),
                        PostgresServer.timeline(connection));
            }
        }
        recovering.archive().release(task.id());
        return task.wish().nodes() > 1 ? Next.go(Steps.NODES) : done(task);
    }

    private Next addNodes(Task<ClusterSpec, RecoveryFacts> task, RestoreSteps recovering) throws IOException {
        FollowerWait.ask(standbys, recovering.folder(), task.wish());
        return FollowerWait.look(standbys, recovering.folder(), "What was made is removed; the source is as it was.")
                .orElseGet(() -> done(task));
    }

    private static Next done(Task<ClusterSpec, RecoveryFacts> task) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("version", task.facts().semanticVersion());
        receipt.put("base_backup", task.facts().backupAt());
        receipt.put("bytes", task.facts().size());
        receipt.put("last_commit", task.facts().recoveredTo());
        receipt.put("databases", task.facts().databases());
        if (!task.facts().switchedOff().isEmpty()) {
            receipt.put("switched_off", task.facts().switchedOff());
        }
        return Next.done(receipt);
    }
}
