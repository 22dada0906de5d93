package dev.mooring.database;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.backup.Backups;
import dev.mooring.database.backup.RecoverySources;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterChanges;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.ClusterSpecs;
import dev.mooring.database.upgrade.Upgrades;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operation;
import dev.mooring.operation.Operations;
import dev.mooring.operation.Program;
import dev.mooring.operation.api.OperationRules;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
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
    private final Upgrades upgrades;
    private final DataPlane dataPlane;
    private final ClusterSpecs wishes;
    private final Caller caller;

    ClusterOperations(
            ClusterChanges changes,
            RecoverySources sources,
            Operations operations,
            Upgrades upgrades,
            Backups backups,
            DataPlane dataPlane,
            ClusterSpecs wishes,
            Caller caller) {
        this.changes = changes;
        this.sources = sources;
        this.operations = operations;
        this.upgrades = upgrades;
        this.dataPlane = dataPlane;
        this.wishes = wishes;
        this.caller = caller;
        rule(dataPlane.provision(), Scopes.DATABASE_CREATE, this::provision);
        rule(dataPlane.restore(), Scopes.DATABASE_CREATE, this::restore);
        rule(dataPlane.destroy(), Scopes.DATABASE_DELETE, this::destroy);
        rule(dataPlane.backUp(), Scopes.DATABASE_UPDATE, ended -> locked(ended, backups::backUp));
        rule(dataPlane.drill(), Scopes.DATABASE_UPDATE, ended -> locked(ended, backups::drill));
        rule(dataPlane.installUpdate(), Scopes.DATABASE_UPDATE, ended -> upgrades.installUpdate(subject(ended)));
        rule(dataPlane.upgrade(), Scopes.DATABASE_UPDATE, this::upgrade);
        rule(dataPlane.undoUpgrade(), Scopes.DATABASE_UPDATE, this::undo);
        rule(dataPlane.settleUpgrade(), Scopes.DATABASE_UPDATE, this::settle);
        // What these had written was taken back when they ended: there is nothing left that could be done again.
        refused(dataPlane.apply(), "make the change again where it was made");
        refused(dataPlane.resize(), "PUT " + CLUSTER + "/resize");
        refused(dataPlane.convert(), "POST /mooring/v1/databases/{id}/convert");
        refused(dataPlane.checkUpgrade(), "PUT " + CLUSTER + "/upgrade, which checks first");
        refused(dataPlane.migrate(), "PUT " + CLUSTER + "/online-migration with the source and its password");
    }

    private void rule(Program<?, ?, ?> program, String scope, Function<Operation, Uni<UUID>> again) {
        rules.put(program.kind(), new Rule(scope, again));
    }

    private void refused(Program<?, ?, ?> program, String instead) {
        rule(program, Scopes.DATABASE_UPDATE, ended -> {
            throw ApiException.unprocessable(
                    "an operation of the kind " + program.kind() + " cannot be retried: " + instead);
        });
    }

    @Override
    public Set<String> kinds() {
        return rules.keySet();
    }

    @Override
    public String scope(String kind) {
        return rules.get(kind).scope();
    }

    @Override
    public Uni<UUID> again(Operation ended) {
        return rules.get(ended.kind()).again().apply(ended);
    }

    private Uni<UUID> provision(Operation ended) {
        return locked(ended, cluster -> {
            requireUnborn(cluster, Cluster.CREATING);
            return wishes.of(cluster).chain(wish -> queue(cluster, dataPlane.provision(), wish));
        });
    }

    /** From what can be recovered today: a source that was deleted is not kept forever. */
    private Uni<UUID> restore(Operation ended) {
        ClusterSpec.Origin origin = operations.wish(ended, dataPlane.restore()).origin();
        Instant at = origin.at() == null ? null : Instant.parse(origin.at());
        return sources.find(caller.team(), origin.cluster())
                .onFailure(ApiException.class)
                .transform(gone ->
                        ApiException.unprocessable("what was to be recovered is not kept any more: delete the cluster"))
                .invoke(source -> source.check("backup_restore.backup_created_at", at, Instant.now()))
                .chain(source -> locked(ended, cluster -> {
                    requireUnborn(cluster, Cluster.FORKING);
                    return wishes.of(cluster)
                            .map(wish -> wish.withOrigin(
                                    new ClusterSpec.Origin(source.id(), origin.at(), source.superuserSecret())))
                            .chain(wish -> queue(cluster, dataPlane.restore(), wish));
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
                .chain(cluster -> wishes.of(cluster)
                        .chain(wish -> operations.queue(NewOperation.shared(
                                cluster.team, dataPlane.destroy(), cluster.id, cluster.node, wish)))));
    }

    private Uni<UUID> upgrade(Operation ended) {
        ClusterSpec asked = operations.wish(ended, dataPlane.upgrade());
        return upgrades.upgrade(
                subject(ended),
                new Upgrades.Wanted(
                        asked.version(),
                        asked.upgrade().method(),
                        asked.upgrade().undoHours(),
                        asked.upgrade().endTransactions()));
    }

    private Uni<UUID> undo(Operation ended) {
        ClusterSpec asked = operations.wish(ended, dataPlane.undoUpgrade());
        return upgrades.undo(
                subject(ended), asked.upgrade().discard(), asked.upgrade().endTransactions());
    }

    /** Only what is over is given up: an upgrade that was made meanwhile can be undone as long as it says. */
    private Uni<UUID> settle(Operation ended) {
        return locked(ended, cluster -> {
            ClusterChanges.requireOnline(cluster);
            if (cluster.previousVersion != null) {
                throw new ApiException(412, "the cluster's last upgrade can still be undone");
            }
            return upgrades.queue(cluster, dataPlane.settleUpgrade(), true, wishes::of);
        });
    }

    private Uni<UUID> queue(Cluster cluster, Program<?, ClusterSpec, ?> program, ClusterSpec wish) {
        return Panache.flush()
                .chain(() ->
                        operations.queue(NewOperation.change(cluster.team, program, cluster.id, cluster.node, wish)));
    }

    /** Fails with 404 when the cluster has been deleted since. */
    private Uni<UUID> locked(Operation ended, Function<Cluster, Uni<UUID>> work) {
        return Panache.withTransaction(() -> changes.lock(subject(ended)).chain(work::apply));
    }

    private static String subject(Operation ended) {
        return ended.subject().toString();
    }
}
