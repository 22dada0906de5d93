package dev.mooring.dataplane.kubernetes.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.BackupFacts;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.kubernetes.program.KubernetesProgram;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.program.archive.BackupInArchive;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** What is archived around a major upgrade: the old version's last, and the new one's first, which is another database system. */
record UpgradeBackups(Projection projection, Task<ClusterSpec, UpgradeFacts> task) {

    private static final String NONE_YET =
            "There is no backup of the new version yet, and no moment since the upgrade can be"
                    + " recovered until there is one, which is tried again from now on.";

    private BackupInArchive safety() {
        UUID id = UUID.nameUUIDFromBytes(("before " + task.id()).getBytes(StandardCharsets.UTF_8));
        return new BackupInArchive(projection, PrecheckOnKubernetes.before(task.wish()), id, "Nothing was changed.");
    }

    /**
     * What a failure of the volume in the middle would need.
     *
     * @return empty when it is made
     */
    Optional<Waiting> before() {
        BackupInArchive backup = safety();
        try {
            Optional<Waiting> waiting = made(backup);
            if (waiting.isEmpty()) {
                task.keep(task.facts().withSafety(backup.made()));
            }
            return waiting;
        } catch (SQLException e) {
            return Optional.of(KubernetesProgram.unanswered(e));
        } catch (IOException e) {
            return unread(e);
        }
    }

    private static Optional<Waiting> made(BackupInArchive backup) {
        Optional<Waiting> waiting = backup.archiving();
        if (waiting.isEmpty()) {
            backup.begin();
            waiting = backup.copied().or(backup::listed);
        }
        return waiting;
    }

    private static Optional<Waiting> unread(IOException e) {
        return Optional.of(Waiting.on("the archive cannot be read: " + e.getMessage()));
    }

    /** Of an operation that has come to nothing. */
    void forgetUnfinished() {
        if (task.facts().safety() == null) {
            safety().forget();
        }
    }

    /**
     * From the next step on WAL goes into another archive, also what the old servers archive when they stop.
     *
     * @return empty when the old one's has everything up to the first time that this was asked
     */
    Optional<Waiting> archived(Instant now) {
        ClusterSpec before = PrecheckOnKubernetes.before(task.wish());
        try {
            Effects effects = projection
                    .effects(before)
                    .orElseThrow(() -> new SQLException("the cluster's CA is not there", "08000"));
            if (task.facts().through() == null) {
                long mark = effects.mark();
                task.keep(task.facts()
                        .with(facts -> facts.closedAt(now.toString()).through(mark)));
            }
            return effects.archived(task.facts().requiredThrough())
                    ? Optional.empty()
                    : Optional.of(Waiting.on("what was written last is not archived yet"));
        } catch (SQLException e) {
            return Optional.of(KubernetesProgram.unanswered(e));
        }
    }

    /**
     * Of an upgrade that does not come: what the old servers have archived by the new one's name.
     *
     * @return empty when it is with the rest of their WAL
     */
    Optional<Waiting> takenBack() {
        ClusterSpec spec = task.wish();
        ClusterSpec before = PrecheckOnKubernetes.before(spec);
        try {
            projection
                    .archive()
                    .takeBack(spec.id(), spec.version(), projection.archive().server(spec.id(), before.version()));
            task.keep(task.facts().withWalAside(false));
            return Optional.empty();
        } catch (IOException e) {
            return unread(e);
        }
    }

    /**
     * The first one of the new version. That there is none is told, and does not hold up anybody.
     *
     * @return empty when nothing is waited for any more
     */
    Optional<Waiting> after() {
        ClusterSpec spec = task.wish();
        if (!projection.archive().has(spec.id())) {
            return Optional.empty();
        }
        BackupInArchive backup = new BackupInArchive(projection, spec, task.id(), NONE_YET);
        try {
            Optional<Waiting> waiting = made(backup);
            if (waiting.isPresent()) {
                return orGiveUp(waiting.get());
            }
            BackupFacts made = backup.made();
            task.keep(task.facts()
                    .with(facts -> facts.backup(made.id())
                            .backupAt(made.createdAt())
                            .backupSize(made.size())
                            .backupStored(made.storedSize())));
            return Optional.empty();
        } catch (SQLException e) {
            return orGiveUp(KubernetesProgram.unanswered(e));
        } catch (IOException e) {
            return orGiveUp(unread(e).orElseThrow());
        } catch (OperationFailed e) {
            backup.forget();
            task.keep(task.facts().noted(e.getMessage()));
            return Optional.empty();
        }
    }

    private Optional<Waiting> orGiveUp(Waiting waiting) {
        if (!task.overdue()) {
            return Optional.of(waiting);
        }
        task.keep(task.facts().noted(waiting.why() + ". " + NONE_YET));
        return Optional.empty();
    }
}
