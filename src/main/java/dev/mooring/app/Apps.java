package dev.mooring.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Caller;
import dev.mooring.access.account.Project;
import dev.mooring.app.binding.ConversionPlans;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppId;
import dev.mooring.app.release.AppMoves;
import dev.mooring.app.release.RemoveApp;
import dev.mooring.app.release.RemoveWish;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.SpecKey;
import dev.mooring.app.spec.SpecText;
import dev.mooring.app.spec.rule.SpecReader;
import dev.mooring.app.spec.rule.SpecSecrets;
import dev.mooring.database.binding.AppDatabase;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.home.Vault;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.hibernate.exception.ConstraintViolationException;

/** The life of apps: what a spec becomes. */
@ApplicationScoped
public class Apps {

    private final Specs specs;
    private final Deployments deployments;
    private final AppDatabases databases;
    private final ConversionPlans conversions;
    private final Operations operations;
    private final RemoveApp removal;
    private final Vault vault;
    private final Caller caller;
    private final Clock clock;

    Apps(
            Specs specs,
            Deployments deployments,
            AppDatabases databases,
            ConversionPlans conversions,
            Operations operations,
            RemoveApp removal,
            Vault vault,
            Caller caller,
            Clock clock) {
        this.specs = specs;
        this.deployments = deployments;
        this.databases = databases;
        this.conversions = conversions;
        this.operations = operations;
        this.removal = removal;
        this.vault = vault;
        this.caller = caller;
        this.clock = clock;
    }

    /** An app after a request: which one, and the deployment to be watched. */
    record Changed(UUID app, UUID deployment) {}

    /** Writes the app, its dev databases and its first deployment in one transaction; fails with 400 or 409. */
    Uni<Changed> create(ObjectNode body) {
        return specs.read(body)
                .chain(read -> {
                    String key = SpecKey.make();
                    new SpecSecrets(SpecKey.of(key), null).encrypt(read.tree(), read.findings());
                    Specs.refuse(read.findings());
                    App app = new App();
                    app.id = UUID.randomUUID();
                    app.team = caller.team();
                    app.name = read.spec().name();
                    app.region = specs.slug(read.spec().region());
                    app.spec = SpecText.toJson(read.tree());
                    app.specKey = vault.seal(key);
                    app.createdAt = OffsetDateTime.now(clock);
                    app.updatedAt = app.createdAt;
                    return Panache.withTransaction(() -> project(
                                            body.path("project_id").asText(""))
                                    .invoke(project -> app.projectId = project)
                                    .chain(() -> app.persistAndFlush())
                                    .chain(() -> newDatabases(app, read.spec(), Map.of()))
                                    .chain(() -> deployments.queue(
                                            app, Deployments.Reason.manual("CREATE_DEPLOYMENT", "initial deployment"))))
                            .map(deployment -> new Changed(app.id, deployment));
                })
                .onFailure(Apps::nameTaken)
                .transform(failure -> new ApiException(
                        409, "an app named " + body.path("spec").path("name").asText() + " exists already"));
    }

    /**
     * Takes the new spec and deploys it, unless it says what the present one says; then the newest deployment is the one
     * to look at. Fails with 400, 404 or 409.
     */
    Uni<Changed> update(String id, ObjectNode body) {
        boolean everything = body.path("update_all_source_versions").asBoolean(false);
        return specs.read(body)
                .chain(read -> Panache.withSession(() -> find(id))
                        .chain(app -> conversions.of(app.team, app.id, read))
                        .invoke(plans -> Specs.refuse(read.findings()))
                        .call(plans -> conversions.check(caller.team(), plans))
                        .chain(plans -> update(id, read, plans, everything)))
                .onFailure(Apps::nameTaken)
                .transform(failure -> new ApiException(
                        409, "an app named " + body.path("spec").path("name").asText() + " exists already"));
    }

    private Uni<Changed> update(String id, SpecReader.Read read, List<ConversionPlans.Plan> plans, boolean everything) {
        return change(
                id,
                app -> databases.of(app.team, app.id).chain(present -> {
                    compare(read, present);
                    requireNotPinned(app);
                    JsonNode stored = stored(app);
                    new SpecSecrets(SpecKey.of(vault.unseal(app.specKey)), stored)
                            .encrypt(read.tree(), read.findings());
                    Specs.refuse(read.findings());
                    if (stored.equals(read.tree()) && !everything) {
                        return newest(app).map(newest -> new Changed(app.id, newest));
                    }
                    app.name = read.spec().name();
                    app.region = specs.slug(read.spec().region());
                    app.spec = SpecText.toJson(read.tree());
                    return Panache.flush()
                            .chain(() -> conversions.begin(app.team, plans))
                            .chain(() -> newDatabases(app, read.spec(), present))
                            .chain(() -> deployments.queue(
                                    app, Deployments.Reason.manual("UPDATE_SPEC", "app spec updated")))
                            .map(deployment -> new Changed(app.id, deployment));
                }));
    }

    static void requireNotPinned(App app) {
        if (app.pinnedDeployment != null) {
            throw new ApiException(412, "the app is pinned to a rollback: commit or revert the rollback first");
        }
    }

    /** What the spec asks of databases that are there already, and cannot have by a spec alone. */
    static void compare(SpecReader.Read read, Map<String, AppDatabase> present) {
        for (int i = 0; i < read.spec().appDatabases().size(); i++) {
            Database wanted = read.spec().appDatabases().get(i);
            AppDatabase database = present.get(wanted.name());
            String path = "databases[" + i + "]";
            if (database == null) {
                continue;
            }
            if (!wanted.managed()
                    && wanted.version() != null
                    && !wanted.version().isEmpty()
                    && !wanted.version().equals(database.version())) {
                read.findings()
                        .refuse(
                                path + ".version",
                                "the database has version " + database.version() + "; it changes by PUT /v2/databases/"
                                        + database.id() + "/upgrade");
            }
            String region = read.spec().region();
            if (!wanted.managed()
                    && region != null
                    && !region.isEmpty()
                    && !database.region().startsWith(region)) {
                read.findings().warn(path, AppMoves.left(wanted.name(), database.region(), region));
            }
        }
    }

    /** From the answer on nobody finds the app any more; its processes and dev databases go as soon as they can. */
    Uni<UUID> delete(String id) {
        return change(id, app -> remove(app, false).replaceWith(app.id));
    }

    /**
     * In the caller's transaction, which holds the app's row.
     *
     * @param withDatabases whether those that its uploads say it has are dropped as well
     * @return the operation
     */
    public Uni<UUID> remove(App app, boolean withDatabases) {
        app.deletedAt = OffsetDateTime.now(clock);
        return (withDatabases ? AppUses.databases(app) : Uni.createFrom().<RemoveWish.Drop>nullItem())
                .chain(drop -> operations.queue(NewOperation.shared(
                        app.team, removal, app.id, app.node, new RemoveWish(app.id, app.team, drop))));
    }

    private Uni<App> find(String id) {
        return AppId.find(id, caller.team()).firstResult().onItem().ifNull().failWith(AppId::notFound);
    }

    /** The caller's app, locked for as long as the change takes; fails with 404. */
    public <T> Uni<T> change(String id, Function<App, Uni<T>> change) {
        return Panache.withTransaction(() -> AppId.find(id, caller.team())
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(AppId::notFound)
                .chain(app -> {
                    app.updatedAt = OffsetDateTime.now(clock);
                    return change.apply(app);
                }));
    }

    private Uni<Void> newDatabases(App app, AppSpec spec, Map<String, AppDatabase> present) {
        return databases.versions().chain(versions -> {
            Uni<Void> all = Uni.createFrom().voidItem();
            for (Database database : spec.appDatabases()) {
                if (!database.managed() && !present.containsKey(database.name())) {
                    all = all.chain(() -> databases.create(
                                    app.team, app.id, database.name(), versions.of(database.version()), app.region))
                            .replaceWithVoid();
                }
            }
            return all;
        });
    }

    private static Uni<UUID> newest(App app) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select id from deployment where app = :app order by number desc limit 1", UUID.class)
                        .setParameter("app", app.id)
                        .getSingleResultOrNull());
    }

    public static JsonNode stored(App app) {
        try {
            return SpecText.json(app.spec);
        } catch (SpecText.Unreadable e) {
            throw new IllegalStateException("the stored spec of app " + app.id + " is damaged: " + e.getMessage());
        }
    }

    private Uni<UUID> project(String wanted) {
        if (!wanted.isBlank() && AppId.uuid(wanted) == null) {
            throw ApiException.badRequest("project_id: is not a UUID");
        }
        return wanted.isBlank()
                ? Project.holdDefault(caller.team())
                : Project.hold(caller.team(), AppId.uuid(wanted))
                        .onItem()
                        .ifNull()
                        .failWith(() -> ApiException.badRequest("project_id: there is no such project"));
    }

    public static boolean nameTaken(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConstraintViolationException violation
                    && "app_name".equals(violation.getConstraintName())) {
                return true;
            }
        }
        return false;
    }
}
