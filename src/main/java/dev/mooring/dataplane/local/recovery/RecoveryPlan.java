package dev.mooring.dataplane.local.recovery;

import dev.mooring.dataplane.RecoveryPreview;
import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.archive.Lsn;
import dev.mooring.dataplane.local.archive.WalArchive;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds out how a moment of a cluster is recovered, and makes sure that the archive has come that far. */
@Singleton
public class RecoveryPlan {

    private static final Duration CATCH_UP_LIMIT = Duration.ofSeconds(30);

    private final LocalClusters clusters;
    private final Archives archives;
    private final Archiver archiver;

    RecoveryPlan(LocalClusters clusters, Archives archives, Archiver archiver) {
        this.clusters = clusters;
        this.archives = archives;
        this.archiver = archiver;
    }

    /**
     * @param target null for everything that was committed
     * @throws OperationFailed when that moment cannot be recovered
     */
    public RecoveryFacts choose(UUID cluster, @Nullable Instant target) throws IOException, InterruptedException {
        return choose(cluster, target, settleArchive(cluster));
    }

    /** The same by what the archive has; nothing is written. Reads as much of it as it takes to find the moment. */
    public RecoveryPreview preview(UUID cluster, @Nullable Instant target) throws IOException {
        RecoveryFacts facts = choose(cluster, target, Optional.empty());
        long end = target == null
                ? facts.through()
                : new CommitSearch(archives.of(cluster).wal(), facts)
                        .end(target)
                        .orElse(facts.through());
        return new RecoveryPreview(
                Objects.requireNonNull(facts.backupAt(), "no backup is chosen"),
                facts.size(),
                end - facts.from(),
                facts.through() - end,
                facts.missing());
    }

    /** @param behind why the archive lacks something that was committed, with a colon; empty when it lacks nothing */
    private RecoveryFacts choose(UUID cluster, @Nullable Instant target, Optional<String> behind) throws IOException {
        ClusterArchive archive = archives.of(cluster);
        Backup base = base(archive.backups(), archive.services(), target);
        WalArchive.Coverage coverage = archive.wal().coverage();
        long through = coverage.unbroken(base.timeline(), base.start());
        String missing = coverage.next(base.timeline(), through)
                .map(next -> "WAL from " + Lsn.text(through) + " to " + Lsn.text(next) + " is missing in the archive")
                .or(() -> behind.map(why -> "WAL from " + Lsn.text(through) + " on is not archived" + why))
                .orElse(null);
        if (through < base.stop() || (missing != null && target == null)) {
            throw new OperationFailed("the archive is not complete: "
                    + (missing == null ? "WAL from " + Lsn.text(through) + " on is missing" : missing)
                    + ". Nothing was created; a moment before that can be recovered.");
        }
        return new RecoveryFacts(
                clusters.engines().engine(base.major()).version(),
                base.id(),
                base.stoppedAt(),
                base.size(),
                base.timeline(),
                base.start(),
                base.stop(),
                through,
                missing,
                null,
                List.of(),
                null,
                List.of(),
                null,
                null);
    }

    /**
     * The last one before the moment, of the server that served then.
     *
     * @param backups oldest first
     * @param services oldest first
     * @param target null for now
     * @throws OperationFailed when there is none, with what can be recovered instead
     */
    static Backup base(List<Backup> backups, List<ClusterArchive.Service> services, @Nullable Instant target) {
        if (backups.isEmpty()) {
            throw refused("the archive has no base backup");
        }
        Instant earliest = backups.getFirst().stopped();
        if (target != null && target.isBefore(earliest)) {
            throw refused("the earliest moment that can be recovered is " + earliest);
        }
        Optional<ClusterArchive.Service> service = services.reversed().stream()
                .filter(candidate -> target == null || !candidate.since().isAfter(target))
                .findFirst();
        List<Backup> itsOwn = backups.stream()
                .filter(backup ->
                        service.isEmpty() || backup.timeline() == service.get().timeline())
                .toList();
        return itsOwn.reversed().stream()
                .filter(backup -> target == null || !backup.stopped().isAfter(target))
                .findFirst()
                .orElseThrow(() -> refused("the cluster has had another server since "
                        + service.orElseThrow().since()
                        + (itsOwn.isEmpty()
                                ? ", whose first base backup is not made yet"
                                : ", which can be recovered from "
                                        + itsOwn.getFirst().stopped() + " on")
                        + "; moments before it can be recovered"));
    }

    private static OperationFailed refused(String why) {
        return new OperationFailed(why + ". Nothing was created.");
    }

    /**
     * While the cluster runs, everything it has committed by now gets into the archive, and a commit of Mooring's after it, so
     * that recovery knows where to stop. A server that is down commits nothing: its archive is what there is.
     *
     * @return why the archive lacks something that was committed, with a colon; empty when it lacks nothing
     */
    private Optional<String> settleArchive(UUID cluster) throws IOException, InterruptedException {
        Optional<ClusterFolder.Manifest> manifest = clusters.folder(cluster).manifest();
        if (manifest.isEmpty()) {
            return Optional.empty();
        }
        boolean complete;
        try {
            complete = archiver.catchUp(cluster, manifest.get(), CATCH_UP_LIMIT);
        } catch (SQLException down) {
            complete = !archiver.state(cluster).map(Archiver.State::behind).orElse(false);
        }
        return complete
                ? Optional.empty()
                : Optional.of(archiver.state(cluster)
                        .map(Archiver.State::failure)
                        .map(failure -> ": " + failure)
                        .orElse(""));
    }
}
