package dev.mooring.app.deployment;

import dev.mooring.app.record.App;
import dev.mooring.app.release.RemoveApp;
import dev.mooring.app.release.RemoveWish;
import dev.mooring.dataplane.Change;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Node;
import dev.mooring.operation.queue.Operations;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import org.jboss.logging.Logger;

/** Deploys the apps of a home again that was made of a backup, as soon as their databases are back: their code was on the lost machine. */
@ApplicationScoped
class ReturningApps {

    private static final Logger LOG = Logger.getLogger(ReturningApps.class);

    private final Pool pool;
    private final Node node;
    private final Deployments deployments;
    private final Operations operations;
    private final RemoveApp removal;
    private volatile boolean awaited;

    ReturningApps(Pool pool, Node node, Deployments deployments, Operations operations, RemoveApp removal) {
        this.pool = pool;
        this.node = node;
        this.deployments = deployments;
        this.operations = operations;
        this.removal = removal;
    }

    void start(@Observes @Priority(900) MetadataReady event) {
        awaited = node.worker()
                && pool.query("select from home_return where apps_at is null limit 1")
                        .execute()
                        .map(rows -> rows.rowCount() > 0)
                        .await()
                        .indefinitely();
    }

    @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> look() {
        if (!awaited) {
            return Uni.createFrom().voidItem();
        }
        return operations
                .unfinished(Change.RESTORE.kind())
                .chain(unfinished -> unfinished.isEmpty()
                        ? Panache.withTransaction(this::deploy).invoke(() -> awaited = false)
                        : Uni.createFrom().voidItem())
                .onFailure()
                .invoke(failure -> LOG.warnf(failure, "the apps of this home are not deployed again yet"))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> deploy() {
        return execute("update home_return set apps_at = now() where apps_at is null")
                .chain(first -> first == 0 ? Uni.createFrom().voidItem() : deployAll());
    }

    private static Uni<Integer> execute(String statement) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(statement).executeUpdate());
    }

    private Uni<Void> deployAll() {
        // Their operations have ended with the machine, and nothing has told them.
        return execute("update deployment set phase = 'ERROR', outcome = '{}' where outcome is null")
                .chain(() -> App.<App>list("order by createdAt, id"))
                .chain(apps -> deployAll(apps));
    }

    private Uni<Void> deployAll(List<App> apps) {
        Uni<Void> all = Uni.createFrom().voidItem();
        for (App app : apps) {
            if (app.deletedAt != null) {
                all = all.chain(() -> operations.queue(NewOperation.shared(
                                app.team, removal, app.id, app.node, new RemoveWish(app.id, app.team, null))))
                        .replaceWithVoid();
            } else if (app.activeDeployment != null) {
                all = all.chain(() -> deployments.queue(
                                app, Deployments.Reason.manual("CREATE_DEPLOYMENT", "brought back from a backup")))
                        .replaceWithVoid();
            }
        }
        return all;
    }
}
