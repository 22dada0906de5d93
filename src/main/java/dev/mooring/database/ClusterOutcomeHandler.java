package dev.mooring.database;

import dev.mooring.database.backup.BackupSchedule;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.event.ClusterEvents;
import dev.mooring.database.metrics.MetricsListeners;
import dev.mooring.database.upgrade.Maintenance;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What becomes of a cluster's rows when an operation on it ends. */
@ApplicationScoped
class ClusterOutcomeHandler implements OutcomeHandler {

    /** The change is real: who came stays, who went goes. */
    private static final List<String> SETTLE = List.of(
            "insert into cluster_event (id, cluster, cluster_name, type, details)"
                    + " select encode(substring(uuid_send(gen_random_uuid()) for 8), 'hex'), c.id, c.name, '"
                    + ClusterEvent.UNDO_LOSES_DATABASE
                    + "', 'the database ' || d.name || ' was deleted, which an undo of the upgrade would have to discard'"
                    + " from cluster c join cluster_database d on d.cluster = c.id where c.id = $1"
                    + " and c.previous_version is not null and d.revision <= $2 and d.state = 'removing'",
            "update cluster_user set state = 'active', previous_secret = null, renews_access = false where cluster = $1"
                    + " and revision <= $2 and state <> 'removing'",
            "delete from cluster_user where cluster = $1 and revision <= $2 and state = 'removing'",
            "update cluster_database set state = 'active' where cluster = $1 and revision <= $2 and state <> 'removing'",
            "delete from cluster_database where cluster = $1 and revision <= $2 and state = 'removing'",
            "delete from cluster_change where cluster = $1 and revision <= $2");

    /** The change was refused: everything it wrote is taken back. */
    private static final List<String> TAKE_BACK = List.of(
            "delete from cluster_user where cluster = $1 and revision = $2 and state = 'adding'",
            "update cluster_user set state = 'active', secret = coalesce(previous_secret, secret), previous_secret = null,"
                    + " renews_access = false where cluster = $1 and revision = $2",
            "delete from cluster_database where cluster = $1 and revision = $2 and state = 'adding'",
            "update cluster_database set state = 'active' where cluster = $1 and revision = $2",
            "delete from firewall_rule where cluster = $1"
                    + " and exists (select from cluster_change where cluster = $1 and revision = $2)",
            "insert into firewall_rule (id, cluster, position, type, value, description, created_at)"
                    + " select r.id, $1, r.position, r.type, r.value, r.description, r.created_at from cluster_change c,"
                    + " jsonb_to_recordset(c.rules::jsonb) as r (id uuid, position int, type text, value text,"
                    + " description text, created_at timestamptz) where c.cluster = $1 and c.revision = $2",
            "delete from attached_app where cluster = $1 and revision = $2",
            "update cluster set config = c.config, service_cnames = c.service_cnames,"
                    + " synchronous_archive = c.synchronous_archive, pools = coalesce(c.pools, cluster.pools),"
                    + " app_networks = null from cluster_change c"
                    + " where cluster.id = $1 and c.cluster = $1 and c.revision = $2",
            "delete from cluster_change where cluster = $1 and revision = $2");

    /** The cluster has the form that it had, with the storage that it cannot give back. */
    private static final String FORM_BACK =
            "update cluster set status = 'online', name = c.name, app = c.app, component = c.component, size = c.size,"
                    + " storage_size_mib = greatest(c.storage_size_mib, $4), num_nodes = coalesce(c.num_nodes, cluster.num_nodes),"
                    + " retention_hours = c.retention_hours,"
                    + " former_app = case when c.app is null then former_app end,"
                    + " former_component = case when c.app is null then former_component end, wanted_version = null,"
                    + " change_failure = $3, failed_at = now() from cluster_change c"
                    + " where cluster.id = $1 and c.cluster = $1 and c.revision = $2";
    /** An upgrade that was asked for in the same breath follows. */
    private static final String NEW_FORM =
            "update cluster set status = case when wanted_version is null then 'online' else status end,"
                    + " change_failure = null where id = $1";

    private final MetricsListeners listeners;
    private final BackupSchedule schedule;
    private final Maintenance maintenance;

    ClusterOutcomeHandler(MetricsListeners listeners, BackupSchedule schedule, Maintenance maintenance) {
        this.listeners = listeners;
        this.schedule = schedule;
        this.maintenance = maintenance;
    }

    @Override
    public Set<String> kinds() {
        return Set.of(
                Change.PROVISION.kind(),
                Change.FOLLOW.kind(),
                Change.RESTORE.kind(),
                Change.APPLY.kind(),
                Change.RESIZE.kind(),
                Change.CONVERT.kind(),
                Change.DESTROY.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        if (!outcome.state().ended()) {
            return Uni.createFrom().voidItem();
        }
        UUID cluster = outcome.operation().subject();
        // The cluster first, like everybody who changes one: else two of them could wait for each other.
        return tx.preparedQuery("select from cluster where id = $1 for update")
                .execute(Tuple.of(cluster))
                .chain(() -> write(tx, cluster, outcome));
    }

    private Uni<Void> write(SqlConnection tx, UUID cluster, Outcome outcome) {
        boolean done = outcome.state() == OperationState.DONE;
        long revision = revision(outcome);
        return switch (change(outcome)) {
            case PROVISION, FOLLOW ->
                done
                        ? accesses(tx, outcome, true)
                                .chain(() -> begun(tx, outcome, ((ClusterFacts) outcome.facts()).semanticVersion()))
                        : unborn(tx, cluster, outcome.error());
            case RESTORE -> done ? restored(tx, outcome) : unborn(tx, cluster, outcome.error());
            case APPLY ->
                accesses(tx, outcome, done).chain(() -> each(tx, done ? SETTLE : TAKE_BACK, cluster, revision));
            case RESIZE, CONVERT ->
                (done
                                ? each(tx, List.of(NEW_FORM), cluster, revision)
                                : tx.preparedQuery(FORM_BACK)
                                        .execute(Tuple.of(cluster, revision, outcome.error(), grown(outcome)))
                                        .replaceWithVoid())
                        .chain(() -> accesses(tx, outcome, done))
                        .chain(() -> each(tx, done ? SETTLE : TAKE_BACK, cluster, revision));
            case DESTROY ->
                done
                        ? tx.preparedQuery("delete from cluster where id = $1")
                                .execute(Tuple.of(cluster))
                                .replaceWithVoid()
                        : failed(tx, cluster, outcome.error());
            default -> throw new IllegalStateException("nothing follows here from " + change(outcome));
        };
    }

    private static @Nullable Integer grown(Outcome outcome) {
        return outcome.facts() instanceof ClusterFacts facts ? facts.grownMib() : null;
    }

    private static Change change(Outcome outcome) {
        return Change.of(outcome.operation().kind()).orElseThrow();
    }

    @Override
    public void committed(Outcome outcome) {
        if (outcome.state() == OperationState.DONE) {
            ClusterSpec wish = (ClusterSpec) outcome.wish();
            switch (change(outcome)) {
                case PROVISION, RESTORE -> schedule.soon();
                case CONVERT -> maintenance.soon();
                case DESTROY -> listeners.close(wish.id());
                default -> {}
            }
        }
    }

    /** The databases that it has now are the ones that were there then. */
    private Uni<Void> restored(SqlConnection tx, Outcome outcome) {
        RecoveryFacts facts = (RecoveryFacts) outcome.facts();
        UUID cluster = outcome.operation().subject();
        return tx.preparedQuery("insert into cluster_database (cluster, name, position, state, revision)"
                        + " select $1, name, position, 'active', 1 from unnest($2::text[]) with ordinality as d (name, position)"
                        + " on conflict do nothing")
                .execute(Tuple.of(cluster, facts.databases().toArray(String[]::new)))
                .chain(() -> ClusterEvents.write(tx, cluster, ClusterEvent.RESTORE, null))
                .chain(() -> begun(tx, outcome, facts.semanticVersion()));
    }

    /** Whoever sees it online can read its metrics. */
    private Uni<Void> begun(SqlConnection tx, Outcome outcome, @Nullable String semanticVersion) {
        UUID cluster = outcome.operation().subject();
        ClusterSpec wish = (ClusterSpec) outcome.wish();
        return Multi.createFrom()
                .iterable(wish.endpoints().every(Endpoints.Role.METRICS))
                .onItem()
                .transformToUniAndConcatenate(metrics -> Uni.createFrom()
                        .completionStage(() -> listeners
                                .open(cluster, outcome.operation().plane(), metrics.port())
                                .toCompletionStage()))
                .collect()
                .last()
                .chain(() -> tx.preparedQuery("update cluster set status = 'online', failure = null, failed_at = null,"
                                + " semantic_version = $2 where id = $1")
                        .execute(Tuple.of(cluster, semanticVersion)))
                .chain(() -> each(tx, SETTLE, cluster, revision(outcome)));
    }

    /** What users log in with from now on. */
    private static Uni<Void> accesses(SqlConnection tx, Outcome outcome, boolean done) {
        if (!done
                || !(outcome.facts() instanceof ClusterFacts facts)
                || facts.accesses().isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        List<Tuple> rows = facts.accesses().stream()
                .map(access ->
                        Tuple.of(outcome.operation().subject(), access.user(), access.certificate(), access.key()))
                .toList();
        return tx.preparedQuery(
                        "update cluster_user set access_cert = $3, access_key = $4 where cluster = $1 and name = $2")
                .executeBatch(rows)
                .replaceWithVoid();
    }

    /** Nothing is left of what was to be created but the row, and everybody who waits for it is to know. */
    private static Uni<Void> unborn(SqlConnection tx, UUID cluster, @Nullable String reason) {
        return tx.preparedQuery("update cluster set status = 'failed', failure = $2, failed_at = now() where id = $1")
                .execute(Tuple.of(cluster, reason))
                .chain(() -> ClusterEvents.write(tx, cluster, ClusterEvent.CREATE_FAILED, null))
                .replaceWithVoid();
    }

    private static Uni<Void> failed(SqlConnection tx, UUID cluster, @Nullable String reason) {
        return tx.preparedQuery("update cluster set failure = $2 where id = $1")
                .execute(Tuple.of(cluster, reason))
                .replaceWithVoid();
    }

    private static long revision(Outcome outcome) {
        return ((ClusterSpec) outcome.wish()).revision();
    }

    private static Uni<Void> each(SqlConnection tx, List<String> statements, UUID cluster, long revision) {
        Uni<Void> chain = Uni.createFrom().voidItem();
        for (String statement : statements) {
            chain = chain.chain(() -> tx.preparedQuery(statement)
                    .execute(statement.contains("$2") ? Tuple.of(cluster, revision) : Tuple.of(cluster))
                    .replaceWithVoid());
        }
        return chain;
    }
}
