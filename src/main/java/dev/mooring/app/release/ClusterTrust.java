package dev.mooring.app.release;

import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import dev.mooring.web.ApiException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The clusters that let a deployment's app in, and those that do so no longer. */
@ApplicationScoped
class ClusterTrust {

    private static final int PRECONDITION_FAILED = 412;
    private static final String STEP = Steps.TRUSTED_SOURCES.name();

    private final AppDatabases databases;
    private final AskedChanges asked;
    private final DeploymentContext releases;

    ClusterTrust(AppDatabases databases, AskedChanges asked, DeploymentContext releases) {
        this.databases = databases;
        this.asked = asked;
        this.releases = releases;
    }

    private static AskedChanges.Notes notes(Task<DeployWish, DeployFacts> task) {
        return new AskedChanges.Notes(
                () -> task.facts().changes(), changes -> task.keep(task.facts().withChanges(changes)));
    }

    /** What is waited for until the app gets into every cluster of its spec. */
    @Nullable
    Next enter(Task<DeployWish, DeployFacts> task) throws Exception {
        try {
            Next pending = asked.pending(notes(task));
            if (pending != null) {
                return pending;
            }
            for (AppBindings.Bound bound :
                    releases.databases(task.wish()).bound().values()) {
                Next next = enter(task, bound);
                if (next != null) {
                    return next;
                }
            }
            return null;
        } catch (ApiException e) {
            if (e.status() != PRECONDITION_FAILED) {
                throw new OperationFailed("a cluster cannot be told to trust the app: " + e.getMessage(), e);
            }
            return AskedChanges.busy("a cluster is busy: " + e.getMessage());
        }
    }

    private @Nullable Next enter(Task<DeployWish, DeployFacts> task, AppBindings.Bound bound) throws Exception {
        UUID cluster = bound.cluster().id();
        String name = bound.spec().name();
        if (!bound.cluster().trusts()) {
            ask(task, cluster, true);
            task.keep(task.facts().begun(STEP, name, null));
            return Next.again("the cluster " + bound.cluster().name() + " is told of the app");
        }
        Next unnoted = bound.cluster().linked() ? null : asked.pending(cluster);
        if (unnoted == null && task.facts().find(STEP, name).isPresent()) {
            task.keep(task.facts().ended(STEP, name, DeployFacts.SUCCESS, null));
        }
        return unnoted;
    }

    /** What is waited for until the app has left the clusters that are not in its spec any more. */
    @Nullable
    Next leave(Task<DeployWish, DeployFacts> task) throws Exception {
        try {
            Next pending = asked.pending(notes(task));
            if (pending != null) {
                return pending;
            }
            List<UUID> left = releases.left(task.wish());
            for (UUID cluster : left) {
                ask(task, cluster, false);
            }
            return left.isEmpty() ? null : Next.again("clusters that the app has left are told");
        } catch (ApiException e) {
            return AskedChanges.busy("a cluster that the app has left is busy: " + e.getMessage());
        }
    }

    private void ask(Task<DeployWish, DeployFacts> task, UUID cluster, boolean trusted) throws Exception {
        DeployWish.AppIdentity app = task.wish().app();
        asked.ask(notes(task), cluster, () -> databases.askToTrust(app.team(), cluster, app.id(), trusted));
    }
}
