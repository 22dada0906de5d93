package dev.mooring.dboscloud;

import dev.mooring.app.AppUses;
import dev.mooring.app.Apps;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.Deployment;
import dev.mooring.app.spec.SpecText;
import dev.mooring.dboscloud.application.AppUpload;
import dev.mooring.dboscloud.application.DbosSpec;
import dev.mooring.dboscloud.application.UploadedApp;
import dev.mooring.dboscloud.instance.Instance;
import dev.mooring.dboscloud.instance.Instances;
import dev.mooring.dboscloud.upload.BadArchive;
import dev.mooring.dboscloud.upload.DbosConfig;
import dev.mooring.dboscloud.upload.SourceArchive;
import dev.mooring.dboscloud.upload.Uploads;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Deployments of apps whose code is uploaded: one at a time, and the answer waits for the end. */
@ApplicationScoped
public class UploadedDeployments {

    /** The operation goes on by itself after that; its client then sees the app's state. */
    private static final Duration ANSWER_BY = Duration.ofHours(1);

    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;

    private static final String VERSIONS =
            "select u.* from app_upload u where u.app = $1 and exists (select from deployment d"
                    + " where d.app = u.app and d.phase in ('ACTIVE', 'SUPERSEDED')"
                    + " and d.spec::jsonb #>> '{services,0,archive,version}' = u.version) order by u.created_at, u.version";
    private static final String INSERT =
            "insert into app_upload (app, version, bytes, app_database, system_database, starts_by_itself)"
                    + " values (:app, :version, :bytes, :database, :system, :starts)";

    private final UploadedApps apps;
    private final Deployments deployments;
    private final Uploads uploads;
    private final Instances instances;
    private final Operations operations;
    private final Pool pool;

    UploadedDeployments(
            UploadedApps apps,
            Deployments deployments,
            Uploads uploads,
            Instances instances,
            Operations operations,
            Pool pool) {
        this.apps = apps;
        this.deployments = deployments;
        this.uploads = uploads;
        this.instances = instances;
        this.operations = operations;
        this.pool = pool;
    }

    /**
     * What is to be deployed.
     *
     * @param app its name
     * @param previousVersion of an earlier upload; null for the one that comes with the request
     * @param instance to use from now on; null for the one that it uses
     * @param rollBack whether the schema goes back a step instead of forth
     */
    public record Wanted(
            UUID team,
            String app,
            @Nullable String previousVersion,
            @Nullable String instance,
            boolean rollBack) {}

    /**
     * A deployment that was asked for.
     *
     * @param version of the code
     */
    public record Queued(String app, String version, UUID operation) {}

    /** The versions that have run, in the order in which they were uploaded. */
    public Uni<List<AppUpload>> versions(String name) {
        return apps.find(name)
                .chain(app -> pool.preparedQuery(VERSIONS)
                        .execute(Tuple.of(app.id()))
                        .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                                .map(AppUpload::of)
                                .toList()));
    }

    /** Where an archive is to be written. Blocks. Fails with 404, or with 409 while the app is busy. */
    public Uploads.Draft draft(UUID team, String name) throws IOException {
        UploadedApp app = apps.find(team, name).await().indefinitely();
        if (app.state() == UploadedApp.State.DEPLOYING) {
            throw busy(name);
        }
        return uploads.draft(app.id());
    }

    /**
     * What an archive that has arrived says of itself. Blocks.
     *
     * @throws BadArchive
     */
    public static AppUpload read(Uploads.Draft draft, String app) throws IOException {
        try (SourceArchive archive = new SourceArchive(draft.partial())) {
            DbosConfig config = DbosConfig.of(archive.text(DbosConfig.NAME));
            if (archive.text("package.json") == null) {
                throw new BadArchive("has no package.json");
            }
            return new AppUpload(
                    draft.version(),
                    java.nio.file.Files.size(draft.partial()),
                    config.appDatabase(app),
                    config.systemDatabase(app),
                    config.startsByItself(),
                    null);
        }
    }

    /**
     * Queues the deployment. On a Vert.x context. Fails with 404, 409 while the app is busy or when its database would be
     * another one, 412 while the instance is.
     *
     * @param arrived null for an earlier upload
     */
    public Uni<Queued> queue(Wanted wanted, @Nullable AppUpload arrived) {
        return apps.find(wanted.team(), wanted.app())
                .chain(app -> (arrived != null ? Uni.createFrom().item(arrived) : upload(app, wanted.previousVersion()))
                        .chain(upload -> queue(wanted, app, upload, arrived != null)));
    }

    private Uni<Queued> queue(Wanted wanted, UploadedApp app, AppUpload upload, boolean isNew) {
        if (!app.database().isEmpty() && !app.database().equals(upload.appDatabase())) {
            throw new ApiException(
                    CONFLICT,
                    "app_db_name: is " + upload.appDatabase() + ", but the application has run with " + app.database()
                            + ", which cannot be changed");
        }
        String name = wanted.instance() == null ? app.instance() : wanted.instance();
        return instances
                .prepare(wanted.team(), name)
                .invoke(UploadedDeployments::requireOnline)
                .chain(instance -> instances
                        .addDatabases(wanted.team(), instance, List.of(upload.appDatabase(), upload.systemDatabase()))
                        .chain(() -> apps.change(
                                wanted.team(), wanted.app(), row -> write(row, wanted, instance, upload, isNew))));
    }

    private static void requireOnline(Instance instance) {
        if (!instance.online()) {
            throw new ApiException(
                    412,
                    "database " + instance.name() + " is not available yet: "
                            + (instance.failure() == null ? instance.status() : instance.failure()));
        }
    }

    private Uni<Queued> write(App app, Wanted wanted, Instance instance, AppUpload upload, boolean isNew) {
        return refuseWhileBusy(app)
                .chain(() -> instances.hold(app.team, instance.name()))
                .chain(() -> AppUses.refuseSharing(app, instance, upload.appDatabase()))
                .chain(() -> isNew ? insert(app, upload) : Uni.createFrom().voidItem())
                .chain(() -> {
                    app.spec = SpecText.toJson(DbosSpec.deployed(
                            Apps.stored(app),
                            app.id,
                            upload,
                            instance,
                            wanted.rollBack() ? DbosSpec.Change.ROLL_BACK : DbosSpec.Change.MIGRATE,
                            app.memoryMib));
                    return Panache.flush().chain(() -> deployments.queue(app, reason(wanted, upload)));
                })
                .invoke(() -> requireNode(app))
                .chain(deployment -> Deployment.<Deployment>findById(deployment))
                .map(deployment -> new Queued(app.name, upload.version(), deployment.operation));
    }

    private static void requireNode(App app) {
        if (app.node == null) {
            throw ApiException.unprocessable(
                    "no node of this Mooring runs apps: start one with MOORING_APPS_RUNTIME=local");
        }
    }

    private static Deployments.Reason reason(Wanted wanted, AppUpload upload) {
        String what = wanted.previousVersion() == null ? "version " : "previous version ";
        return Deployments.Reason.manual(
                wanted.rollBack() ? "ROLLBACK_APP" : "CREATE_DEPLOYMENT",
                what + upload.version() + (wanted.instance() == null ? "" : " on " + wanted.instance()));
    }

    private static Uni<Void> refuseWhileBusy(App app) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select count(*) from deployment where app = :app and outcome is null", Long.class)
                        .setParameter("app", app.id)
                        .getSingleResult())
                .invoke(unfinished -> {
                    if (unfinished > 0) {
                        throw busy(app.name);
                    }
                })
                .replaceWithVoid();
    }

    private static ApiException busy(String name) {
        return new ApiException(
                CONFLICT, "application " + name + " is busy: a deployment is under way, try again when it is over");
    }

    private static Uni<Void> insert(App app, AppUpload upload) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(INSERT)
                        .setParameter("app", app.id)
                        .setParameter("version", upload.version())
                        .setParameter("bytes", upload.bytes())
                        .setParameter("database", upload.appDatabase())
                        .setParameter("system", upload.systemDatabase())
                        .setParameter("starts", upload.startsByItself())
                        .executeUpdate())
                .replaceWithVoid();
    }

    /** Not in the words "not found": clients would take the app for one that is not registered. */
    private Uni<AppUpload> upload(UploadedApp app, @Nullable String version) {
        return pool.preparedQuery("select * from app_upload where app = $1 and version = $2")
                .execute(Tuple.of(app.id(), version))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw new ApiException(
                                NOT_FOUND,
                                "previous_version: application " + app.name() + " has no version " + version);
                    }
                    return AppUpload.of(rows.iterator().next());
                });
    }

    /** The same once the deployment is over; fails with 422 and the reason when it has failed. Comes on any thread. */
    public Uni<Queued> ended(Queued queued) {
        return operations.await(queued.operation(), ANSWER_BY).map(operation -> answer(queued, operation));
    }

    private static Queued answer(Queued queued, Operation operation) {
        if (operation.state() == OperationState.FAILED || operation.state() == OperationState.CANCELLED) {
            throw ApiException.unprocessable(
                    "version " + queued.version() + " was not deployed, what ran before runs on: " + operation.error());
        }
        if (!operation.state().ended()) {
            throw new ApiException(
                    412,
                    "version " + queued.version() + " is not deployed yet after " + ANSWER_BY.toMinutes()
                            + " min; it goes on by itself, and operation " + operation.id() + " says how it ends");
        }
        return queued;
    }
}
