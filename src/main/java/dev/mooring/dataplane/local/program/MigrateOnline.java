package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.MigrationFacts;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.migration.DumpImport;
import dev.mooring.dataplane.local.migration.Finale;
import dev.mooring.dataplane.local.migration.LeftAtSource;
import dev.mooring.dataplane.local.migration.LogicalReplication;
import dev.mooring.dataplane.local.migration.MigrationCheck;
import dev.mooring.dataplane.local.migration.SchemaTrial;
import dev.mooring.dataplane.local.migration.SourceServer;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.time.Deadline;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings the databases of a server elsewhere into a cluster. Where logical replication is possible what is written there goes on
 * coming, until it is told to stop; else everything comes once, by a dump.
 */
@Singleton
public class MigrateOnline extends ClusterProgram<MigrateOnline.Steps, MigrationFacts> {

    public enum Steps implements Step {
        CHECK("Looking at both servers, and making the schema once to throw it away", Duration.ofMinutes(15)),
        IMPORT("Bringing over schemas, and rows that cannot be replicated", Duration.ofHours(12)),
        COPY("Copying the rows while the source serves", Duration.ofMinutes(10)),
        SYNC("Following what is written at the source", Duration.ofDays(14)),
        FINISH("Catching up for the last time, and comparing both sides", Duration.ofMinutes(30)),
        ROLL_BACK("Removing what was made", Duration.ofMinutes(10));

        private final String words;
        private final Duration deadline;

        Steps(String words, Duration deadline) {
            this.words = words;
            this.deadline = deadline;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public Duration deadline() {
            return deadline;
        }

        /** To stop when everything is there is not to throw it away: the step sees to that itself. */
        @Override
        public boolean cancellable() {
            return this != SYNC && this != FINISH;
        }

        @Override
        public boolean heedsCancel() {
            return this != FINISH;
        }
    }

    private static final Logger LOG = Logger.getLogger(MigrateOnline.class);
    /** How old what is told of the differences may be. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    private static final Duration GLANCE = Duration.ofMillis(500);
    private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(5);

    private final OutboundPolicy policy;
    private final Clock clock;

    MigrateOnline(LocalClusters clusters, OutboundPolicy policy, Clock clock) {
        super(Change.MIGRATE, Steps.class, Steps.ROLL_BACK, MigrationFacts.NONE, clusters);
        this.policy = policy;
        this.clock = clock;
    }

    @Override
    protected boolean exclusive(Steps step) {
        return false;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, MigrationFacts> task) throws Exception {
        ClusterSpec.Source wanted = task.wish().requiredSource();
        SourceServer source = new SourceServer(
                wanted,
                clusters.vault().unseal(Objects.requireNonNull(wanted.secret(), "the source has no password")),
                address(step, wanted.host()));
        Optional<PostgresServer> target = target(task.wish());
        if (step == Steps.ROLL_BACK) {
            return cleanUp(task, source, target);
        }
        PostgresServer cluster =
                target.orElseThrow(() -> new OperationFailed("the cluster does not run here any more"));
        return switch (step) {
            case CHECK -> check(task, source, cluster);
            case IMPORT -> bring(task, source, cluster);
            case COPY -> copy(task, stream(task, source, cluster));
            case SYNC -> sync(task, stream(task, source, cluster));
            case FINISH -> finish(task, source, cluster);
            case ROLL_BACK -> throw new IllegalStateException();
        };
    }

    /** Looked at before each step: what a name stands for may have changed. What is made at the source is always removed. */
    private @Nullable String address(Steps step, String host) {
        try {
            return policy.resolve(host).getFirst().getHostAddress();
        } catch (OutboundPolicy.Refused e) {
            if (step == Steps.ROLL_BACK) {
                return null;
            }
            throw new OperationFailed("source.host " + e.getMessage(), e);
        }
    }

    private Optional<PostgresServer> target(ClusterSpec wish) throws IOException {
        ClusterFolder folder = clusters.folder(wish.id());
        Optional<ClusterFolder.Manifest> manifest = folder.manifest();
        return manifest.isEmpty() ? Optional.empty() : Optional.of(PostgresServer.of(clusters, folder, manifest.get()));
    }

    private static LogicalReplication stream(
            Task<ClusterSpec, MigrationFacts> task, SourceServer source, PostgresServer target) {
        return new LogicalReplication(source, target, task.facts().databases(), task.id());
    }

    private SchemaTrial trial(Task<ClusterSpec, MigrationFacts> task, SourceServer source, PostgresServer target)
            throws IOException {
        return new SchemaTrial(source, target, clusters.scratch(target.folder()), task.id());
    }

    private Next check(Task<ClusterSpec, MigrationFacts> task, SourceServer source, PostgresServer target)
            throws Exception {
        try (Connection connection = source.open()) {
            LOG.debugf(
                    "the source of %s answers: %s",
                    task.id(), connection.getMetaData().getDatabaseProductVersion());
        } catch (SQLException e) {
            throw new OperationFailed("the source cannot be used: " + e.getMessage(), e);
        }
        MigrationCheck.Result result = new MigrationCheck(source, target).run();
        if (!result.blockers().isEmpty()) {
            throw new OperationFailed("nothing can be brought from there yet: " + String.join("; ", result.blockers()));
        }
        SchemaTrial.Result trial = trial(task, source, target).run(result.databases());
        if (!trial.blockers().isEmpty()) {
            throw new OperationFailed("the schema cannot be brought as it is, nothing was changed: "
                    + String.join("; ", trial.blockers()));
        }
        List<String> leftOut = new ArrayList<>(trial.leftOut());
        leftOut.addAll(result.staying());
        task.keep(task.facts()
                .with(facts -> facts.databases(result.databases())
                        .replicated(result.noReplication() == null)
                        .reason(result.noReplication())
                        .leftOut(leftOut)
                        .loose(result.loose())));
        return Next.go(Steps.IMPORT);
    }

    private Next bring(Task<ClusterSpec, MigrationFacts> task, SourceServer source, PostgresServer target)
            throws Exception {
        if (!task.facts().begun()) {
            // Stored before anything is made: what an earlier life has left is removed.
            task.keep(task.facts().withBegun(true));
            return Next.go(Steps.IMPORT);
        }
        boolean replicated = task.facts().replicated();
        if (replicated) {
            LogicalReplication stream = stream(task, source, target);
            stream.leave();
            stream.forget();
        }
        Path scratch = clusters.scratch(clusters.folder(task.wish().id()));
        DumpImport bringing = new DumpImport(source, target, scratch);
        int done = 0;
        for (String database : task.facts().databases()) {
            leaveOut(task, bringing.run(database, !replicated));
            task.progress(++done, task.facts().databases().size(), "databases");
            if (task.cancelRequested()) {
                return Next.go(Steps.IMPORT);
            }
        }
        if (replicated) {
            boolean begun = stream(task, source, target).begin(() -> {
                task.progress(
                        task.facts().databases().size(),
                        task.facts().databases().size(),
                        "databases; transactions that are open at the source are waited for");
                return !task.cancelRequested();
            });
            return Next.go(begun ? Steps.COPY : Steps.IMPORT);
        }
        DumpImport.Size size = bringing.analyze(task.facts().databases());
        task.keep(task.facts().with(facts -> facts.tables(size.tables()).bytes(size.bytes())));
        lookAtTheEnd(task, source, target);
        DumpImport.handOver(target);
        task.keep(task.facts().withComplete(true));
        return Next.done(task.facts().receipt());
    }

    /** Brings what neither a dump nor replication does, and compares. */
    private static void lookAtTheEnd(Task<ClusterSpec, MigrationFacts> task, SourceServer source, PostgresServer target)
            throws SQLException, IOException {
        MigrationFacts before = task.facts();
        Finale.Result end = new Finale(source, target, before.replicated()).run(before.databases(), tables -> {
            requireCluster(task);
            task.progress(tables, before.tables(), "tables are compared");
        });
        leaveOut(task, end.leftOut());
        task.keep(task.facts()
                .with(facts -> facts.copiedAgain(end.copiedAgain())
                        .differences(end.differences())
                        .tablesCompared(end.tables())
                        .rowsCompared(end.rows())
                        .largeObjects(end.largeObjects())));
    }

    /** A deletion waits for this to end, and wants nothing of it. */
    private static void requireCluster(Task<ClusterSpec, MigrationFacts> task) {
        if (task.awaited(Change.DESTROY.kind())) {
            throw new OperationFailed("the cluster is deleted, so nothing more is brought into it");
        }
    }

    private static void leaveOut(Task<ClusterSpec, MigrationFacts> task, List<String> more) {
        List<String> leftOut = new ArrayList<>(task.facts().leftOut());
        more.stream().filter(what -> !leftOut.contains(what)).forEach(leftOut::add);
        task.keep(task.facts().withLeftOut(leftOut));
    }

    private static Next copy(Task<ClusterSpec, MigrationFacts> task, LogicalReplication stream)
            throws SQLException, InterruptedException {
        String unguarded = stream.guard();
        LogicalReplication.Progress progress = stream.progress();
        task.progress(progress.bytes(), progress.bytes(), progress.copied() + " of " + progress.tables() + " tables");
        if (!progress.all()) {
            String problem = progress.problem() == null ? unguarded : progress.problem();
            return Next.waitFor(GLANCE, problem == null ? "the rows are being copied" : problem);
        }
        task.keep(task.facts().with(facts -> facts.tables(progress.tables()).bytes(progress.bytes())));
        return Next.go(Steps.SYNC);
    }

    private Next sync(Task<ClusterSpec, MigrationFacts> task, LogicalReplication stream)
            throws SQLException, InterruptedException {
        String unguarded = stream.guard();
        if (task.cancelRequested()) {
            requireCluster(task);
        }
        if (task.cancelRequested() || task.overdue()) {
            return Next.go(Steps.FINISH);
        }
        String problem = stream.progress().problem();
        if (problem == null) {
            problem = unguarded;
        }
        if (problem == null) {
            try {
                stream.sequences();
                if (clock.instant().getEpochSecond() - task.facts().lookedAt() >= LOOK.toSeconds()) {
                    List<String> missing = stream.missing();
                    task.keep(task.facts()
                            .with(facts -> facts.differences(missing)
                                    .lookedAt(clock.instant().getEpochSecond())));
                }
            } catch (SQLException away) {
                problem = "the source does not answer: " + away.getMessage();
            }
        }
        return Next.waitFor(
                GLANCE, problem == null ? "what is written at the source comes along; stop it to finish" : problem);
    }

    private Next finish(Task<ClusterSpec, MigrationFacts> task, SourceServer source, PostgresServer target)
            throws Exception {
        LogicalReplication stream = stream(task, source, target);
        try {
            if (task.facts().complete()) {
                stream.leave();
                // Before the long look: what is published there could get into somebody's way.
                stream.forget();
                lookAtTheEnd(task, source, target);
                DumpImport.handOver(target);
                return Next.done(task.facts().receipt());
            }
            var positions = stream.positions();
            Deadline end = Deadline.in(CATCH_UP_LIMIT);
            Deadline guarded = Deadline.in(GLANCE);
            while (!stream.caughtUp(positions)) {
                Thread.sleep(50);
                if (guarded.passed()) {
                    stream.guard();
                    guarded = Deadline.in(GLANCE);
                }
                if (end.passed()) {
                    throw new OperationFailed("the cluster did not catch up with the source; what had come is there");
                }
            }
        } catch (SQLException e) {
            throw refusedOrBroken("the end of the migration", e);
        }
        // Stored before the slots go: without them nobody could tell any more that everything is there.
        task.keep(task.facts().withComplete(true));
        return Next.go(Steps.FINISH);
    }

    /** What had come completely stays; what had come in part goes, so that it can be tried again. */
    private Next cleanUp(Task<ClusterSpec, MigrationFacts> task, SourceServer source, Optional<PostgresServer> target)
            throws Exception {
        MigrationFacts facts = task.facts();
        if (target.isPresent() && !facts.begun()) {
            trial(task, source, target.get()).remove();
            DumpImport.handOver(target.get());
        }
        if (target.isPresent() && facts.begun()) {
            stream(task, source, target.get()).leave();
            if (facts.tables() == 0) {
                removePart(task.wish(), facts, target.get());
            }
            DumpImport.handOver(target.get());
        }
        if (facts.begun() && facts.replicated()) {
            try {
                new LeftAtSource(source, facts.databases(), task.id()).forget(target);
            } catch (SQLException away) {
                LOG.warnf(
                        "a replication slot of the migration %s may be left at its source, drop it there: %s",
                        task.id(), away.getMessage());
            }
        }
        return Next.done(null);
    }

    private static void removePart(ClusterSpec wish, MigrationFacts facts, PostgresServer target) throws SQLException {
        for (String database : facts.databases()) {
            if (wish.databases().contains(database)) {
                DumpImport.empty(target, database);
            } else {
                DumpImport.drop(target, database);
            }
        }
    }
}
