package dev.mooring.database.upgrade;

import dev.mooring.database.backup.BackupSchedule;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.event.ClusterEvents;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.BackupFacts;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What becomes of a cluster's rows when its version has changed, or has not. */
@ApplicationScoped
class UpgradeOutcomeHandler implements OutcomeHandler {

    private static final String NEW_VERSION =
            "update cluster set status = 'online', failure = null, version = $2, semantic_version = $3, previous_version = $4,"
                    + " undo_until = $5, former_versions = former_versions || jsonb_build_array($6::jsonb) where id = $1";
    /** The server that serves is the one that did before. */
    private static final String OLD_VERSION = "update cluster set status = 'online', version = $2 where id = $1";

    private static final String BACKUP_WANTED = "update cluster set backup_wanted = true where id = $1";

    private final BackupSchedule schedule;

    UpgradeOutcomeHandler(BackupSchedule schedule) {
        this.schedule = schedule;
    }

    @Override
    public Set<String> kinds() {
        return Set.of(
                Change.INSTALL_UPDATE.kind(),
                Change.UPGRADE.kind(),
                Change.UNDO_UPGRADE.kind(),
                Change.SETTLE_UPGRADE.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        if (!outcome.state().ended()) {
            return Uni.createFrom().voidItem();
        }
        return tx.preparedQuery("select from cluster where id = $1 for update")
                .execute(Tuple.of(outcome.operation().subject()))
                .chain(rows -> rows.rowCount() == 0 ? Uni.createFrom().voidItem() : ended(tx, outcome));
    }

    @Override
    public void committed(Outcome outcome) {
        // Until the server that serves now has a backup, what is written may not be recoverable.
        if (outcome.state().ended()) {
            schedule.soon();
        }
    }

    private Uni<Void> ended(SqlConnection tx, Outcome outcome) {
        UUID cluster = outcome.operation().subject();
        ClusterSpec wish = (ClusterSpec) outcome.wish();
        String kind = outcome.operation().kind();
        boolean done = outcome.state() == OperationState.DONE;
        if (kind.equals(Change.SETTLE_UPGRADE.kind())) {
            return Uni.createFrom().voidItem();
        }
        if (kind.equals(Change.INSTALL_UPDATE.kind())) {
            return done
                    ? updated(tx, cluster, (ClusterFacts) outcome.facts())
                    : Uni.createFrom().voidItem();
        }
        UpgradeFacts facts = (UpgradeFacts) outcome.facts();
        // What failed after the other version was opened does not bring this one back.
        boolean moved = facts.servesSince() != null;
        return safety(tx, cluster, facts.safety()).chain(() -> changed(tx, outcome, wish, facts, moved));
    }

    /** A backup that was made before counts whatever came of the upgrade. */
    private static Uni<Void> safety(SqlConnection tx, UUID cluster, @Nullable BackupFacts safety) {
        return safety == null || safety.id() == null || safety.createdAt() == null
                ? Uni.createFrom().voidItem()
                : backup(tx, cluster, safety.id(), safety.createdAt(), safety.size(), safety.storedSize());
    }

    private static Uni<Void> changed(
            SqlConnection tx, Outcome outcome, ClusterSpec wish, UpgradeFacts facts, boolean moved) {
        UUID cluster = outcome.operation().subject();
        String kind = outcome.operation().kind();
        if (kind.equals(Change.UNDO_UPGRADE.kind())) {
            return moved
                    ? newVersion(tx, cluster, kind, wish, facts, null)
                            // Those that it has are from before the upgrade, if any are left.
                            .chain(() -> execute(tx, BACKUP_WANTED, cluster))
                            .chain(() -> event(tx, cluster, ClusterEvent.UPGRADE_UNDONE))
                    : execute(tx, OLD_VERSION, cluster, wish.requiredUpgrade().from());
        }
        return moved
                ? newVersion(
                                tx,
                                cluster,
                                kind,
                                wish,
                                facts,
                                facts.undoUntil() == null
                                        ? null
                                        : wish.requiredUpgrade().from())
                        .chain(() -> firstBackup(tx, cluster, facts))
                        .chain(() -> event(tx, cluster, ClusterEvent.UPGRADE))
                : execute(tx, OLD_VERSION, cluster, wish.requiredUpgrade().from())
                        .chain(() -> facts.walAside()
                                ? execute(tx, BACKUP_WANTED, cluster)
                                : Uni.createFrom().voidItem());
    }

    private static Uni<Void> updated(SqlConnection tx, UUID cluster, ClusterFacts facts) {
        return execute(tx, "update cluster set semantic_version = $2 where id = $1", cluster, facts.semanticVersion())
                .chain(() -> facts.restarted()
                        ? event(tx, cluster, ClusterEvent.MAINTENANCE)
                        : Uni.createFrom().voidItem());
    }

    private static Uni<Void> newVersion(
            SqlConnection tx,
            UUID cluster,
            String kind,
            ClusterSpec wish,
            UpgradeFacts facts,
            @Nullable String previous) {
        JsonObject former =
                new JsonObject().put("version", wish.requiredUpgrade().from()).put("until", facts.servesSince());
        if (Change.UPGRADE.kind().equals(kind)) {
            // None, as long as there is no backup.
            former.put("again", facts.backupAt());
        }
        String undoUntil = facts.undoUntil();
        return execute(
                tx,
                NEW_VERSION,
                cluster,
                wish.version(),
                facts.semanticVersion(),
                previous,
                previous == null || undoUntil == null ? null : OffsetDateTime.parse(undoUntil),
                former);
    }

    /** Without one of the new version the next is due at once. */
    private static Uni<Void> firstBackup(SqlConnection tx, UUID cluster, UpgradeFacts facts) {
        return facts.backup() == null
                ? execute(tx, BACKUP_WANTED, cluster)
                : backup(
                        tx,
                        cluster,
                        facts.backup(),
                        Objects.requireNonNull(facts.backupAt()),
                        facts.backupSize(),
                        facts.backupStored());
    }

    private static Uni<Void> backup(SqlConnection tx, UUID cluster, UUID id, String at, long size, long stored) {
        return execute(
                tx,
                "insert into cluster_backup (id, cluster, created_at, size_bytes, stored_bytes)"
                        + " values ($2, $1, $3, $4, $5) on conflict (id) do nothing",
                cluster,
                id,
                OffsetDateTime.parse(at),
                size,
                stored);
    }

    private static Uni<Void> event(SqlConnection tx, UUID cluster, String type) {
        return ClusterEvents.write(tx, cluster, type, null);
    }

    private static Uni<Void> execute(SqlConnection tx, String statement, @Nullable Object... values) {
        return tx.preparedQuery(statement)
                .execute(Tuple.from(Arrays.asList(values)))
                .replaceWithVoid();
    }
}
