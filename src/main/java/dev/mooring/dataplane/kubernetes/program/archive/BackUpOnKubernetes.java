package dev.mooring.dataplane.kubernetes.program.archive;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.BackupFacts;
import dev.mooring.dataplane.kubernetes.client.BucketArchive;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.Archive;
import dev.mooring.dataplane.kubernetes.program.KubernetesProgram;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A base backup of a cluster that goes on serving, by CloudNativePG's plugin barman-cloud. Does not hold the cluster's lock, and changes
 * nothing of its Cluster.
 */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class BackUpOnKubernetes extends KubernetesProgram<BackUpOnKubernetes.Steps, BackupFacts> {

    public enum Steps implements Step {
        BEGIN("Waiting until every server archives its WAL", Duration.ofMinutes(10)),
        COPY("Waiting for CloudNativePG to copy the data into the archive", Duration.ofHours(12)),
        PRUNE("Asking what the archive has", Duration.ofMinutes(10)),
        ROLL_BACK("Forgetting the backup", Duration.ofMinutes(5));

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
    }

    private final BucketArchive bucket;

    BackUpOnKubernetes(Projection projection, BucketArchive bucket, KubernetesSettings settings, Clock clock) {
        super(Change.BACK_UP, Steps.class, Steps.ROLL_BACK, BackupFacts.NONE, projection, settings, clock);
        this.bucket = bucket;
    }

    @Override
    public Optional<String> missing() {
        return bucket.missing();
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, BackupFacts> task) throws Exception {
        BackupInArchive backup = new BackupInArchive(projection, task.wish(), task.id(), afterFailure());
        return switch (step) {
            case BEGIN -> begin(task, backup);
            case COPY -> waitOrGo(backup.copied(), task, Steps.PRUNE);
            case PRUNE -> prune(task, backup);
            case ROLL_BACK -> {
                backup.forget();
                yield Next.done(null);
            }
        };
    }

    private Next begin(Task<ClusterSpec, BackupFacts> task, BackupInArchive backup) {
        ClusterSpec spec = task.wish();
        if (!Archive.has(projection.present(spec))) {
            throw new OperationFailed(
                    "the cluster is from before there was an archive and is not archived. Its next change"
                            + " gives it one; its servers are replaced for it, as for another size. No backup was made.");
        }
        projection.archive().applyStore(spec);
        Optional<Waiting> waiting = backup.archiving();
        if (waiting.isEmpty()) {
            backup.begin();
        }
        return waitOrGo(waiting, task, Steps.COPY);
    }

    private Next waitOrGo(Optional<Waiting> waiting, Task<ClusterSpec, BackupFacts> task, Steps next) {
        return waiting.isPresent() ? waitOrFail(waiting.get(), task) : after(waiting, task, next);
    }

    private Next waitOrFail(Waiting waiting, Task<ClusterSpec, BackupFacts> task) {
        if (task.overdue()) {
            throw new OperationFailed(waiting.why() + ". " + afterFailure());
        }
        return wait(waiting, task);
    }

    /** The plugin deletes what is older than the retention; what it has deleted is forgotten here. */
    private Next prune(Task<ClusterSpec, BackupFacts> task, BackupInArchive backup) {
        ClusterSpec spec = task.wish();
        Optional<Waiting> waiting = backup.listed();
        if (waiting.isPresent()) {
            return waitOrFail(waiting.get(), task);
        }
        BackupFacts made;
        Instant from;
        try {
            made = backup.made();
            Instant current = Instant.parse(made.recoverableFrom());
            from = projection.archive().recoverableBefore(spec, now()).orElse(current);
        } catch (SQLException e) {
            return waitOrFail(unanswered(e), task);
        } catch (IOException e) {
            return waitOrFail(Waiting.on("the archive cannot be read: " + e.getMessage()), task);
        }
        BackupFacts facts = made.withKept(kept(spec, task.id(), from), from.toString());
        task.keep(facts);
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("restorable_from", facts.createdAt());
        receipt.put("bytes", facts.size());
        receipt.put("stored_bytes", facts.storedSize());
        receipt.put("backups_kept", facts.kept().size());
        receipt.put("window_begins", facts.recoverableFrom());
        return Next.done(receipt);
    }

    private List<UUID> kept(ClusterSpec spec, UUID own, Instant from) {
        List<UUID> kept = new ArrayList<>(List.of(own));
        for (Live other : projection.archive().backups(spec.id())) {
            Optional<UUID> id = other.label(Names.BACKUP_LABEL).map(UUID::fromString);
            Optional<Instant> stopped = other.text("status", "stoppedAt").map(Instant::parse);
            if (id.isEmpty() || id.get().equals(own)) {
                continue;
            }
            if (stopped.isPresent() && !stopped.get().isBefore(from)) {
                kept.add(id.get());
            } else {
                projection.objects().delete(Kind.BACKUP, other.name());
            }
        }
        return kept;
    }

    /** What is in the archive says nothing of a backup that is being made. */
    @Override
    public boolean inForce(Task<ClusterSpec, BackupFacts> task) {
        return false;
    }

    @Override
    protected String afterFailure() {
        return "Earlier backups are as they were.";
    }
}
