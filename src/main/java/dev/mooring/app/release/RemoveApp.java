package dev.mooring.app.release;

import dev.mooring.app.runtime.ActiveApp;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.upload.Uploads;
import dev.mooring.database.AppDatabases;
import dev.mooring.database.Instances;
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
import java.util.UUID;

/** The end of an app: its processes, its dev databases, its files. Whatever else is under way for it is asked to end first. */
@Singleton
public class RemoveApp extends NamedProgram<RemoveApp.Steps, RemoveWish, RemoveApp.Facts> {

    private static final Duration GRACE = Duration.ofSeconds(10);

    public enum Steps implements Step {
        WAIT_FOR_OTHERS("Waiting for deployments to end"),
        STOP("Stopping components"),
        DATABASES("Removing databases and trusted sources"),
        FILES("Deleting the files"),
        GIVE_UP("Ending after a failure");

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

    /** Nothing has to be remembered. */
    @io.quarkus.runtime.annotations.RegisterForReflection
    public record Facts() {}

    private final RunningApps apps;
    private final AppDatabases databases;
    private final Instances instances;
    private final Uploads uploads;
    private final Releases releases;

    RemoveApp(RunningApps apps, AppDatabases databases, Instances instances, Uploads uploads, Releases releases) {
        super("remove-app", Steps.class, Steps.GIVE_UP, RemoveWish.class, new Facts());
        this.apps = apps;
        this.databases = databases;
        this.instances = instances;
        this.uploads = uploads;
        this.releases = releases;
    }

    @Override
    public Next run(Steps step, Task<RemoveWish, Facts> task) throws Exception {
        UUID app = task.wish().id();
        return switch (step) {
            case WAIT_FOR_OTHERS -> {
                task.cancelOthers();
                int others = task.unfinishedBefore();
                yield others == 0
                        ? Next.go(Steps.STOP)
                        : Next.waitFor(Duration.ofMillis(100), others + " other operations of the app are ending");
            }
            case STOP -> {
                stop(app);
                yield Next.go(Steps.DATABASES);
            }
            case DATABASES -> databases(task.wish());
            case FILES -> {
                apps.endProcesses(app);
                MooringHome.deleteTree(apps.folder(app).root());
                apps.release(app);
                uploads.delete(app);
                yield Next.done(null);
            }
            case GIVE_UP -> Next.done(null);
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

    private Next databases(RemoveWish app) throws Exception {
        RemoveWish.Drop drop = app.drop();
        if (drop != null) {
            try {
                releases.await(() -> instances.dropDatabases(app.team(), drop.instance(), drop.databases()));
            } catch (ApiException e) {
                return Next.waitFor(Duration.ofSeconds(1), "instance " + drop.instance() + ": " + e.getMessage());
            }
        }
        for (UUID cluster : releases.await(() -> databases.trustedBy(app.team(), app.id()))) {
            try {
                releases.await(() -> databases.trust(app.team(), cluster, app.id(), false));
            } catch (ApiException e) {
                return Next.waitFor(Duration.ofSeconds(1), "cluster " + cluster + ": " + e.getMessage());
            }
        }
        releases.await(() -> databases.destroyAllBut(app.team(), app.id(), List.of()));
        return Next.go(Steps.FILES);
    }
}
