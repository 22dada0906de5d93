package dev.mooring.app.release;

import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Source;
import dev.mooring.dboscloud.upload.BadArchive;
import dev.mooring.dboscloud.upload.DbosConfig;
import dev.mooring.dboscloud.upload.SourceArchive;
import dev.mooring.dboscloud.upload.Uploads;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import dev.mooring.process.Handover;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** What the steps of a deployment do with code that was uploaded. Done again after a crash it finds what it did. */
@ApplicationScoped
class UploadedSource {

    private static final long TOLD_EVERY = 32L << 20;

    private final RunningApps apps;
    private final Uploads uploads;
    private final DeploymentContext releases;
    private final AppBindings bindings;
    private final ComponentPlan parts;

    UploadedSource(
            RunningApps apps, Uploads uploads, DeploymentContext releases, AppBindings bindings, ComponentPlan parts) {
        this.apps = apps;
        this.uploads = uploads;
        this.releases = releases;
        this.bindings = bindings;
        this.parts = parts;
    }

    /**
     * @param sources the deployment's folder for code
     */
    void unpack(Task<DeployWish, DeployFacts> task, List<AppSpec.Part> components, Path sources) throws IOException {
        for (AppSpec.Part part : components) {
            Source.Archive source = part.component().archive();
            if (source != null && Files.notExists(sources.resolve(ComponentPlan.source(part)))) {
                unpack(task, source.version(), sources.resolve(ComponentPlan.source(part)));
            }
        }
    }

    /** Under another name until it is complete. */
    private void unpack(Task<DeployWish, DeployFacts> task, String version, Path target) throws IOException {
        Path file = uploads.archive(task.wish().app().id(), version);
        if (Files.notExists(file)) {
            throw new OperationFailed("the archive of version " + version + " is not on the node that runs the app, at "
                    + file + ": replicas have to share that folder, see MOORING_APPS_UPLOADS");
        }
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        MooringHome.deleteTree(partial);
        // Mooring's own until everything is in it.
        Files.createDirectory(
                partial, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        long[] told = {0};
        try (SourceArchive archive = new SourceArchive(file)) {
            archive.unpack(partial, bytes -> {
                if (bytes - told[0] > TOLD_EVERY) {
                    told[0] = bytes;
                    task.progress(bytes, -1, "unpacking version " + version);
                }
            });
        } catch (BadArchive e) {
            throw new OperationFailed("the archive " + e.getMessage(), e);
        }
        DurableFiles.syncTree(partial);
        Handover.tree(partial, apps.account(task.wish().app().id()));
        DurableFiles.move(partial, target);
    }

    /** Tells the component, in its configuration file, where its database is and whom it is there. */
    void configure(Task<DeployWish, DeployFacts> task, AppSpec.Part part) throws Exception {
        Source.Archive source = part.component().archive();
        if (source == null || source.database() == null) {
            return;
        }
        AppBindings.Bound bound = releases.databases(task.wish()).bound().get(source.database());
        if (bound == null) {
            throw new OperationFailed(part.name() + ": there is no database component " + source.database());
        }
        configure(task, part, bound);
    }

    void configure(Task<DeployWish, DeployFacts> task, AppSpec.Part part, AppBindings.Bound bound) throws Exception {
        try {
            DbosConfig.write(
                    parts.directory(task, part),
                    new DbosConfig.Access(
                            bound.cluster().host(),
                            bound.cluster().port(),
                            bound.user(),
                            bindings.password(bound),
                            bound.cluster().ca()),
                    apps.account(task.wish().app().id()));
        } catch (BadArchive e) {
            throw new OperationFailed("the archive " + e.getMessage(), e);
        }
    }
}
