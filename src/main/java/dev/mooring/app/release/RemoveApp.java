package dev.mooring.app.release;

import dev.mooring.app.handover.Handovers;
import dev.mooring.app.runtime.ActiveApp;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.dataplane.Unanswered;
import dev.mooring.dboscloud.instance.Instances;
import dev.mooring.dboscloud.upload.Uploads;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.NamedProgram;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.web.ApiException;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The end of an app: its processes, its dev databases, its files. Whatever else is under way for it is asked to end first. */
@Singleton
public class RemoveApp extends NamedProgram<RemoveApp.Steps, RemoveWish, RemoveApp.Facts> {

    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final Duration BUSY = Duration.ofSeconds(1);

    public enum Steps implements Step {
        WAIT_FOR_OTHERS("Waiting for deployments to end"),
        STOP("Stopping components"),
        DATABASES("Removing databases and trusted sources"),
        VARIABLES("Deleting the Secrets of components"),
        FILES("Deleting the files"),
        ROLL_BACK("Ending after a failure");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public boolean cancellable() {
            return false;
        }
    }

    /**
     * What has been asked for of clusters.
     *
     * @param changes the operations that are waited for, by cluster
     * @param dropped whether the drop of databases of an instance has been asked for
     */
    @io.quarkus.runtime.annotations.RegisterForReflection
    public record Facts(Map<UUID, UUID> changes, boolean dropped) {
        public Facts {
            changes = changes == null ? Map.of() : changes;
        }
    }

    private final RunningApps apps;
    private final AppDatabases databases;
    private final AskedChanges asked;
    private final Instances instances;
    private final Uploads uploads;
    private final DeploymentContext releases;
    private final Handovers handovers;

    RemoveApp(
            RunningApps apps,
            AppDatabases databases,
            AskedChanges asked,
            Instances instances,
            Uploads uploads,
            DeploymentContext releases,
            Handovers handovers) {
        super("remove-app", Steps.class, Steps.ROLL_BACK, RemoveWish.class, new Facts(Map.of(), false));
        this.apps = apps;
        this.databases = databases;
        this.asked = asked;
        this.instances = instances;
        this.uploads = uploads;
        this.releases = releases;
        this.handovers = handovers;
    }

    @Override
    public Next run(Steps step, Task<RemoveWish, Facts> task) throws Exception {
        UUID app = task.wish().id();
        return switch (step) {
            case WAIT_FOR_OTHERS -> {
                task.cancelOthers();
                List<UUID> others = task.unfinishedBefore();
                yield others.isEmpty()
                        ? Next.go(Steps.STOP)
                        : Next.waitFor(others.getFirst(), others.size() + " other operations of the app are ending");
            }
            case STOP -> {
                stop(app);
                yield Next.go(Steps.DATABASES);
            }
            case DATABASES -> databases(task);
            case VARIABLES -> variables(app);
            case FILES -> {
                apps.endProcesses(app);
                MooringHome.deleteTree(apps.folder(app).root());
                apps.release(app);
                uploads.delete(app);
                yield Next.done(null);
            }
            case ROLL_BACK -> Next.done(null);
        };
    }

    private void stop(UUID app) throws IOException, InterruptedException {
        ActiveApp active = apps.active(app);
        apps.deactivate(app);
        if (active != null) {
            apps.stop(app, active.deployment(), active.processes());
        }
        for (UUID deployment : apps.folder(app).deployments()) {
            for (String work : apps.folder(app).works(deployment)) {
                apps.work(app, deployment, work).stop(GRACE);
            }
        }
    }

    private Next databases(Task<RemoveWish, Facts> task) throws Exception {
        RemoveWish app = task.wish();
        AskedChanges.Notes notes = new AskedChanges.Notes(
                () -> task.facts().changes(),
                changes -> task.keep(new Facts(changes, task.facts().dropped())));
        try {
            Next pending = asked.pending(notes);
            if (pending != null) {
                return pending;
            }
        } catch (ApiException e) {
            // Whichever it was: what is gone already may be asked for again.
            task.keep(new Facts(task.facts().changes(), false));
            return busy(e);
        }
        try {
            if (app.drop() != null && !task.facts().dropped()) {
                drop(task, app.drop());
                return Next.again("instance " + app.drop().instance() + " is told");
            }
            List<UUID> trusting = releases.await(() -> databases.trustedBy(app.team(), app.id()));
            for (UUID cluster : trusting) {
                asked.ask(notes, cluster, () -> databases.askToTrust(app.team(), cluster, app.id(), false));
            }
            if (!trusting.isEmpty()) {
                return Next.again("clusters that the app could reach are told");
            }
        } catch (ApiException e) {
            return busy(e);
        }
        releases.await(() -> databases.destroyAllBut(app.team(), app.id(), List.of()));
        return Next.go(Steps.VARIABLES);
    }

    private Next variables(UUID app) {
        try {
            return handovers.forget(app, Set.of()).map(AskedChanges::busy).orElseGet(() -> Next.go(Steps.FILES));
        } catch (Unanswered e) {
            return AskedChanges.busy(e.getMessage());
        }
    }

    private static Next busy(ApiException e) {
        return Next.waitFor(BUSY, "a cluster of the app: " + e.getMessage());
    }

    private void drop(Task<RemoveWish, Facts> task, RemoveWish.Drop drop) throws Exception {
        Instances.Asked operation = releases.await(
                () -> instances.askToDropDatabases(task.wish().team(), drop.instance(), drop.databases()));
        task.keep(new Facts(operation == null ? Map.of() : Map.of(operation.cluster(), operation.operation()), true));
    }
}
