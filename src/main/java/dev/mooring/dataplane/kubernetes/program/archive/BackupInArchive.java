package dev.mooring.dataplane.kubernetes.program.archive;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.BackupFacts;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.ArchiveObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.server.ArchivedVersions;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A base backup by CloudNativePG's plugin barman-cloud, from the wish for it until the archive has it. Everything here may be done again
 * at any time.
 *
 * @param id of the backup, as rows have it
 * @param afterFailure how things stand when there is none
 */
public record BackupInArchive(Projection projection, ClusterSpec spec, UUID id, String afterFailure) {

    /** As the operator calls them. */
    private static final List<String> GIVEN_UP = List.of("failed", "invalid backup definition");

    /** Whether every server archives its WAL. The operator's word alone is said before there is any archiver. */
    public Optional<Waiting> archiving() {
        List<Instances.Instance> instances = projection.instances(spec.id()).all();
        for (Instances.Instance instance : instances) {
            if (!instance.archives() || !instance.ready()) {
                return Optional.of(Waiting.on("the server " + instance.name() + " does not archive yet"));
            }
        }
        Live cluster = projection.present(spec);
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

    public void begin() {
        projection.objects().apply(ArchiveObjects.backup(spec.id(), id));
    }

    public void forget() {
        projection.objects().delete(Kind.BACKUP, Names.backup(spec.id(), id));
    }

    /** @throws OperationFailed when the operator has given up */
    public Optional<Waiting> copied() {
        Live backup = backup();
        String phase = backup.text("status", "phase").orElse("");
        String error = backup.text("status", "error").map(text -> ": " + text).orElse("");
        if (GIVEN_UP.contains(phase)) {
            throw new OperationFailed("CloudNativePG could not make the backup " + backup.name()
                    + (error.isEmpty() ? ", and does not say why" : error) + ". " + afterFailure);
        }
        if (phase.equals("completed")) {
            return Optional.empty();
        }
        return Optional.of(
                phase.equals("walArchivingFailing")
                        ? Waiting.refused("CloudNativePG makes no backup, because WAL is not archived" + error)
                        : Waiting.on(
                                phase.isEmpty()
                                        ? "CloudNativePG has not begun yet; is its operator running?"
                                        : "CloudNativePG: the backup is " + phase + error));
    }

    private Live backup() {
        String name = Names.backup(spec.id(), id);
        return projection
                .objects()
                .find(Kind.BACKUP, name)
                .orElseThrow(
                        () -> new OperationFailed("somebody has deleted the Backup " + name + ". " + afterFailure));
    }

    /** Whether the plugin says that the archive has it. */
    public Optional<Waiting> listed() {
        return window().isPresent()
                ? Optional.empty()
                : Optional.of(Waiting.on("the plugin barman-cloud has not said yet that the backup is in the archive"));
    }

    private Optional<ArchivedVersions.Window> window() {
        Instant started = moment(backup(), "startedAt");
        return projection
                .archive()
                .window(spec.id())
                .filter(said -> !said.lastBackup().isBefore(started));
    }

    /** Of one that is {@link #listed}: what is known of it alone, and since when everything can be recovered by the servers of now. */
    public BackupFacts made() throws SQLException, IOException {
        Live backup = backup();
        Instant stopped = moment(backup, "stoppedAt");
        Effects effects = projection
                .effects(spec)
                .orElseThrow(() -> new SQLException("the cluster's CA is not there yet", "08000"));
        Instant from = window().map(ArchivedVersions.Window::from).orElse(stopped);
        return new BackupFacts(
                id,
                stopped.toString(),
                effects.heldBytes(),
                projection
                        .archive()
                        .backupBytes(
                                spec.id(), backup.text("status", "backupId").orElse("")),
                List.of(),
                // What the plugin says may be of just before it deleted the oldest.
                (from.isAfter(stopped) ? stopped : from).toString(),
                null);
    }

    private static Instant moment(Live backup, String field) {
        return backup.text("status", field)
                .map(Instant::parse)
                .orElseThrow(() -> new OperationFailed("CloudNativePG calls the Backup " + backup.name()
                        + " completed without saying when: status." + field + " is missing. No backup is counted."));
    }
}
