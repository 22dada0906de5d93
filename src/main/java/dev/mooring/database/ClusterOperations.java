package dev.mooring.database;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.backup.Backups;
import dev.mooring.database.backup.RecoverySources;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.upgrade.Upgrades;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.operation.Operation;
import dev.mooring.operation.api.OperationRules;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * What may be asked of operations on clusters. What they wished is read for what no row says: the moment that a fork is of, the
 * version that an upgrade leads to.
 */
@ApplicationScoped
class ClusterOperations implements OperationRules {

    private static final String CLUSTER = "/v2/databases/{id}";

    private record Rule(String scope, Function<Operation, Uni<UUID>> again) {}

    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private final ClusterChanges changes;
    private final RecoverySources sources;
    private final Operations operations;
    private final ClusterQueue queue;
    private final Upgrades upgrades;
    private final ClusterSpecs wishes;
    private final Caller caller;
    private final Clock clock;

    ClusterOperations(
            ClusterChanges changes,
            RecoverySources sources,
            Operations operations,
            ClusterQueue queue,
            Upgrades upgrades,
            Backups backups,
            ClusterSpecs wishes,
            Caller caller,
            Clock clock) {
        this.changes = changes;
        this.sources = sources;
        this.operations = operations;
        this.queue = queue;
        this.upgrades = upgrades;
        this.wishes = wishes;
        this.caller = caller;
        rule(Change.PROVISION, Scopes.DATABASE_CREATE, this::provision);
        rule(Change.FOLLOW, Scopes.DATABASE_CREATE, this::follow);
        rule(Change.RESTORE, Scopes.DATABASE_CREATE, this::restore);
        rule(Change.DESTROY, Scopes.DATABASE_DELETE, this::destroy);
        rule(Change.BACK_UP, Scopes.DATABASE_UPDATE, ended -> locked(ended, backups::backUp));
        rule(Change.DRILL, Scopes.DATABASE_UPDATE, ended -> locked(ended, backups::drill));
        rule(Change.INSTALL_UPDATE, Scopes.DATABASE_UPDATE, ended -> upgrades.installUpdate(subject(ended)));
        rule(Change.UPGRADE, Scopes.DATABASE_UPDATE, this::upgrade);
        rule(Change.UNDO_UPGRADE, Scopes.DATABASE_UPDATE, this::undo);
        rule(Change.SETTLE_UPGRADE, Scopes.DATABASE_UPDATE, this::settle);
        // What these had written was taken back when they ended: there is nothing left that could be done again.
        refused(Change.APPLY, "make the change again where it was made");
        refused(Change.RESIZE, "PUT " + CLUSTER + "/resize");
        refused(Change.CONVERT, "POST /mooring/v1/databases/{id}/convert");
        refused(Change.SWITCH_OVER, "POST /mooring/v1/databases/{id}/switchover");
        refused(Change.FAIL_OVER, "what it brings back is made by itself, as often as it takes");
        refused(Change.PROMOTE, "PUT " + CLUSTER + "/replicas/{name}/promote");
        refused(Change.CHECK_UPGRADE, "PUT " + CLUSTER + "/upgrade, which checks first");
        refused(Change.MIGRATE, "PUT " + CLUSTER + "/online-migration with the source and its password");
        this.clock = clock;
    }

    private void rule(Change change, String scope, Function<Operation, Uni<UUID>> again) {
        rules.put(change.kind(), new Rule(scope, again));
    }

    private void refused(Change change, String instead) {
        rule(change, Scopes.DATABASE_UPDATE, ended -> {
            throw ApiException.unprocessable(
                    "an operation of the kind " + change.kind() + " cannot be retried: " + instead);
        });
    }

    @Override
    public Set<String> kinds() {
        return rules.keySet();
    }

    @Override
    public String scope(String kind) {
        return rule(kind).scope();
    }

    @Override
    public Uni<UUID> again(Operation ended) {
        return rule(ended.kind()).again().apply(ended);
    }

    /** Of one of the {@link #kinds}; nobody asks for another. */
    private Rule rule(String kind) {
        return Objects.requireNonNull(rules.get(kind), kind);
    }

    private Uni<UUID> provision(Operation ended) {
        return locked(ended, cluster -> {
            requireUnborn(cluster, Cluster.CREATING);
            return wishes.of(cluster).chain(wish -> queue(cluster, Change.PROVISION, wish));
        });
    }

    private Uni<UUID> follow(Operation ended) {
        return locked(ended, node -> {
            requireUnborn(node, Cluster.CREATING);
            return wishes.of(node).chain(wish -> queue(node, Change.FOLLOW, wish));
        });
    }

    /** From what can be recovered today: a source that was deleted is not kept forever. */
    private Uni<UUID> restore(Operation ended) {
        ClusterSpec.Origin origin = operations.wish(ended, ClusterSpec.class).requiredOrigin();
        Instant at = origin.at() == null ? null : Instant.parse(origin.at());
        return sources.find(caller.team(), origin.cluster())
                .onFailure(ApiException.class)
                .transform(gone ->
                        ApiException.unprocessable("what was to be recovered is not kept any more: delete the cluster"))
                .invoke(source -> source.check("backup_restore.backup_created_at", at, clock.instant()))
                .chain(source -> locked(ended, cluster -> {
                    requireUnborn(cluster, Cluster.FORKING);
                    return wishes.of(cluster)
                            .map(wish -> wish.withOrigin(
                                    new ClusterSpec.Origin(source.id(), origin.at(), source.superuserSecret())))
                            .chain(wish -> queue(cluster, Change.RESTORE, wish));
                }));
    }

    /** It begins again: whoever waits for it has something to wait for. */
    private static void requireUnborn(Cluster cluster, String status) {
        if (!cluster.status.equals(Cluster.FAILED)) {
            throw new ApiException(412, "the cluster is there: its status is " + cluster.status);
        }
        cluster.status = status;
        cluster.failure = null;
        cluster.failedAt = null;
    }

    /** Of a cluster that nobody finds any more. */
    private Uni<UUID> destroy(Operation ended) {
        return Panache.withTransaction(() -> Cluster.<Cluster>find(
                        "id = ?1 and team = ?2 and deletedAt is not null", ended.subject(), caller.team())
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(ClusterId::notFound)
                .chain(cluster -> wishes.of(cluster).chain(wish -> queue.shared(Change.DESTROY, cluster, wish))));
    }

    private Uni<UUID> upgrade(Operation ended) {
        ClusterSpec asked = operations.wish(ended, ClusterSpec.class);
        return upgrades.upgrade(
                subject(ended),
                new Upgrades.Wanted(
                        asked.version(),
                        asked.requiredUpgrade().method(),
                        asked.requiredUpgrade().undoHours(),
                        asked.requiredUpgrade().endTransactions()));
    }

    private Uni<UUID> undo(Operation ended) {
        ClusterSpec asked = operations.wish(ended, ClusterSpec.class);
        return upgrades.undo(
                subject(ended),
                asked.requiredUpgrade().discard(),
                asked.requiredUpgrade().endTransactions());
    }

    /** Only what is over is given up: an upgrade that was made meanwhile can be undone as long as it says. */
    private Uni<UUID> settle(Operation ended) {
        return locked(ended, cluster -> {
            ClusterChanges.requireOnline(cluster);
            if (cluster.previousVersion != null) {
                throw new ApiException(412, "the cluster's last upgrade can still be undone");
            }
            return upgrades.queue(cluster, Change.SETTLE_UPGRADE, true, wishes::of);
        });
    }

    private Uni<UUID> queue(Cluster cluster, Change change, ClusterSpec wish) {
        return Panache.flush().chain(() -> queue.change(change, cluster, wish));
    }

    /** Fails with 404 when the cluster has been deleted since. */
    private Uni<UUID> locked(Operation ended, Function<Cluster, Uni<UUID>> work) {
        return Panache.withTransaction(() -> changes.lock(subject(ended)).chain(work::apply));
    }

    private static String subject(Operation ended) {
        return ended.subject().toString();
    }
}
