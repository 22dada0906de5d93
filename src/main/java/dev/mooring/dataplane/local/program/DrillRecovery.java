package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.facts.RecoveryFacts.Proof;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.archive.Damaged;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.BackupVerifier;
import dev.mooring.dataplane.local.recovery.RecoveryPlan;
import dev.mooring.dataplane.local.recovery.RestoreVerifier;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Tries whether a cluster could be brought back: restores it aside, reads every table, throws it away. Listens on the last of
 * the cluster's own ports, for Mooring only.
 */
@Singleton
public class DrillRecovery extends ChangeProgram<DrillRecovery.Steps, RecoveryFacts> {

    private static final Logger LOG = Logger.getLogger(DrillRecovery.class);
    private static final Duration VERIFY_LIMIT = Duration.ofHours(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    public enum Steps implements Step {
        CHOOSE("Choosing the base backup and completing the archive"),
        COPY("Unpacking the base backup aside"),
        REPLAY("Replaying the WAL"),
        READ("Reading every table", Duration.ofMinutes(30)),
        REMOVE("Throwing away what was read"),
        ROLL_BACK("Throwing away what was restored");

        private final String words;
        private final Duration deadline;

        Steps(String words) {
            this(words, Duration.ofMinutes(2));
        }

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

        /** What is proved stays proved. */
        @Override
        public boolean cancellable() {
            return this != REMOVE;
        }

        /** Whether it needs the archive. */
        boolean reads() {
            return ordinal() <= REPLAY.ordinal();
        }
    }

    private final LocalClusters clusters;
    private final Clock clock;
    private final Archives archives;
    private final RecoveryPlan plan;
    private final MooringHome home;

    DrillRecovery(LocalClusters clusters, Archives archives, RecoveryPlan plan, MooringHome home, Clock clock) {
        super(
                Change.DRILL,
                LocalClusters.PLANE,
                PostgresEngine.ENGINE,
                Steps.class,
                Steps.ROLL_BACK,
                RecoveryFacts.NONE);
        this.clusters = clusters;
        this.clock = clock;
        this.archives = archives;
        this.plan = plan;
        this.home = home;
    }

    @Override
    public Next run(Steps step, Task<ClusterSpec, RecoveryFacts> task) throws Exception {
        ClusterFolder folder =
                new ClusterFolder(task.id(), home.drills().resolve(task.id().toString()));
        RestoreSteps recovering = new RestoreSteps(
                clusters,
                archives,
                task,
                task.wish().id(),
                folder,
                task.wish().endpoints().of(Endpoints.Role.DRILL).port(),
                task.wish().superuserSecret());
        try {
            Optional<Next> wait = step.reads() ? recovering.busyArchive() : Optional.empty();
            if (wait.isPresent()) {
                return wait.get();
            }
            return switch (step) {
                case CHOOSE -> {
                    task.keep(plan.choose(task.wish().id(), null));
                    yield Next.go(Steps.COPY);
                }
                case COPY ->
                    Next.go(
                            switch (recovering.unpack()) {
                                case WHOLE -> Steps.REPLAY;
                                case STOPPED -> Steps.COPY;
                                case GONE -> Steps.CHOOSE;
                            });
                case REPLAY -> {
                    verifyWithTool(task, folder, recovering);
                    recovering.replayTo(null);
                    yield Next.go(Steps.READ);
                }
                case READ -> {
                    read(task, recovering);
                    yield Next.go(Steps.REMOVE);
                }
                case REMOVE -> {
                    throwAway(task, folder, recovering);
                    yield Next.done(receipt(task.facts()));
                }
                case ROLL_BACK -> {
                    throwAway(task, folder, recovering);
                    yield Next.done(null);
                }
            };
        } catch (Damaged e) {
            throw new OperationFailed(e.getMessage(), e);
        }
    }

    /** By PostgreSQL's own check, where it is installed; what Mooring has unpacked it has compared with its checksums before. */
    private void verifyWithTool(Task<ClusterSpec, RecoveryFacts> task, ClusterFolder folder, RestoreSteps recovering)
            throws IOException, InterruptedException {
        if (recovering.replay().begun()) {
            return;
        }
        BackupVerifier.Verdict verdict =
                clusters.backupVerifier().verify(task.wish().version(), folder.data(), VERIFY_LIMIT);
        if (verdict instanceof BackupVerifier.Refused) {
            throw new OperationFailed(
                    "the base backup of " + task.facts().backupAt() + " is not as it should be: " + verdict.words());
        }
        if (verdict instanceof BackupVerifier.NotChecked) {
            LOG.warnf("drill of cluster %s: %s", task.subject(), verdict.words());
        }
        task.keep(task.facts().withBackupCheck(verdict.words()));
    }

    /** Written down before anything is thrown away: nobody could read it again. */
    private void read(Task<ClusterSpec, RecoveryFacts> task, RestoreSteps recovering) throws Exception {
        recovering.replay().ensureRunning();
        RestoreVerifier.Read read = RestoreVerifier.readAll(recovering::open, recovering::openReader);
        task.keep(task.facts()
                .withProof(new Proof(
                        read.databases(),
                        read.tables(),
                        read.rows(),
                        clock.instant().toString())));
    }

    private static Map<String, Object> receipt(RecoveryFacts facts) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("restorable_to", facts.recoveredTo());
        RecoveryFacts.Proof proof = Objects.requireNonNull(facts.proof(), "nothing is proved yet");
        receipt.put("proved_at", proof.at());
        receipt.put("base_backup", facts.backupAt());
        receipt.put("backup_check", facts.backupCheck());
        receipt.put("bytes", facts.size());
        receipt.put("databases", proof.databases());
        receipt.put("tables_read", proof.tables());
        receipt.put("rows_read", proof.rows());
        return receipt;
    }

    private void throwAway(Task<ClusterSpec, RecoveryFacts> task, ClusterFolder folder, RestoreSteps recovering)
            throws IOException, InterruptedException {
        if (Files.isDirectory(folder.data())) {
            Postmaster postmaster = clusters.postmaster(folder, new Engine("", "", Path.of("/")));
            postmaster.stop(Postmaster.Stop.IMMEDIATE, STOP_LIMIT);
            postmaster.fence();
        }
        MooringHome.deleteTree(folder.root());
        recovering.archive().release(task.id());
    }
}
