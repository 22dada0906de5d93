package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.BackupFacts;
import dev.mooring.dataplane.kubernetes.client.BucketArchive;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.ArchiveObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
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

    /** As the operator calls them. */
    private static final List<String> GIVEN_UP = List.of("failed", "invalid backup definition");

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
        return switch (step) {
            case BEGIN -> begin(task);
            case COPY -> copy(task);
            case PRUNE -> prune(task);
            case ROLL_BACK -> {
                projection.objects.delete(Kind.BACKUP, Names.backup(task.wish().id(), task.id()));
                yield Next.done(null);
            }
        };
    }

    private Next begin(Task<ClusterSpec, BackupFacts> task) {
        ClusterSpec spec = task.wish();
        Live cluster = projection.present(spec);
        if (!Archive.has(cluster)) {
            throw new OperationFailed(
                    "the cluster is from before there was an archive and is not archived. Its next change"
                            + " gives it one; its servers are replaced for it, as for another size. No backup was made.");
        }
        projection.archive().applyStore(spec);
        Optional<Waiting> waiting = archiving(spec, cluster);
        if (waiting.isPresent()) {
            return waitOrFail(waiting.get(), task);
        }
        projection.objects.apply(ArchiveObjects.backup(spec.id(), task.id()));
        return after(waiting, task, Steps.COPY);
    }

    /** The operator's word alone is said before there is any archiver. */
    private Optional<Waiting> archiving(ClusterSpec spec, Live cluster) {
        List<Instances.Instance> instances = projection.instances(spec.id()).all();
        for (Instances.Instance instance : instances) {
            if (!instance.archives() || !instance.ready()) {
                return Optional.of(Waiting.on("the server " + instance.name() + " does not archive yet"));
            }
        }
        if (!instances.isEmpty() && cluster.condition("ContinuousArchiving")) {
            return Optional.empty();
        }
        return Optional.of(Waiting.on("WAL is not archived: "
                + cluster.each("status", "conditions").stream()
                        .filter(condition -> "ContinuousArchiving".equals(condition.get("type")))
                        .map(condition -> String.valueOf(condition.get("message")))
                        .findFirst()
                        .orElse("CloudNativePG has not said anything of it yet")));
    }

    private Next copy(Task<ClusterSpec, BackupFacts> task) {
        Live backup = backup(task);
        String phase = backup.text("status", "phase").orElse("");
        String error = backup.text("status", "error").map(text -> ": " + text).orElse("");
        if (GIVEN_UP.contains(phase)) {
            throw new OperationFailed("CloudNativePG could not make the backup " + backup.name()
                    + (error.isEmpty() ? ", and does not say why" : error) + ". " + afterFailure());
        }
        if (phase.equals("completed")) {
            return after(Optional.empty(), task, Steps.PRUNE);
        }
        return phase.equals("walArchivingFailing")
                ? wait(Waiting.refused("CloudNativePG makes no backup, because WAL is not archived" + error), task)
                : waitOrFail(
                        Waiting.on(
                                phase.isEmpty()
                                        ? "CloudNativePG has not begun yet; is its operator running?"
                                        : "CloudNativePG: the backup is " + phase + error),
                        task);
    }

    private Live backup(Task<ClusterSpec, BackupFacts> task) {
        String name = Names.backup(task.wish().id(), task.id());
        return projection
                .objects
                .find(Kind.BACKUP, name)
                .orElseThrow(
                        () -> new OperationFailed("somebody has deleted the Backup " + name + ". " + afterFailure()));
    }

    private Next waitOrFail(Waiting waiting, Task<ClusterSpec, BackupFacts> task) {
        if (task.overdue()) {
            throw new OperationFailed(waiting.why() + ". " + afterFailure());
        }
        return wait(waiting, task);
    }

    /** The plugin deletes what is older than the retention; what it has deleted is forgotten here. */
    private Next prune(Task<ClusterSpec, BackupFacts> task) {
        ClusterSpec spec = task.wish();
        Live backup = backup(task);
        Instant started = moment(backup, "startedAt");
        Instant stopped = moment(backup, "stoppedAt");
        Optional<Archive.Window> window = projection
                .archive()
                .window(spec.id())
                .filter(said -> !said.lastBackup().isBefore(started));
        if (window.isEmpty()) {
            return waitOrFail(
                    Waiting.on("the plugin barman-cloud has not said yet that the backup is in the archive"), task);
        }
        Sizes sizes;
        try {
            sizes = sizes(spec, backup);
        } catch (SQLException e) {
            return waitOrFail(unanswered(e), task);
        } catch (IOException e) {
            return waitOrFail(Waiting.on("the archive cannot be read: " + e.getMessage()), task);
        }
        // What it says may be of just before it deleted the oldest.
        Instant from =
                window.get().from().isAfter(stopped) ? stopped : window.get().from();
        BackupFacts facts = new BackupFacts(
                task.id(),
                stopped.toString(),
                sizes.data(),
                sizes.stored(),
                kept(spec, task.id(), from),
                from.toString(),
                null);
        task.keep(facts);
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("restorable_from", facts.createdAt());
        receipt.put("bytes", facts.size());
        receipt.put("stored_bytes", facts.storedSize());
        receipt.put("backups_kept", facts.kept().size());
        receipt.put("window_begins", facts.recoverableFrom());
        return Next.done(receipt);
    }

    private static Instant moment(Live backup, String field) {
        return backup.text("status", field)
                .map(Instant::parse)
                .orElseThrow(() -> new OperationFailed("CloudNativePG calls the Backup " + backup.name()
                        + " completed without saying when: status." + field + " is missing. No backup is counted."));
    }

    /**
     * @param data that the databases held just after
     * @param stored in the archive
     */
    private record Sizes(long data, long stored) {}

    private Sizes sizes(ClusterSpec spec, Live backup) throws SQLException, IOException {
        Effects effects = projection
                .effects(spec)
                .orElseThrow(() -> new SQLException("the cluster's CA is not there yet", "08000"));
        return new Sizes(
                effects.heldBytes(),
                projection
                        .archive()
                        .backupBytes(
                                spec.id(), backup.text("status", "backupId").orElse("")));
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
                projection.objects.delete(Kind.BACKUP, other.name());
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
