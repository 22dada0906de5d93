package dev.mooring.dboscloud;

import dev.mooring.access.Caller;
import dev.mooring.access.Regions;
import dev.mooring.access.account.Project;
import dev.mooring.app.Apps;
import dev.mooring.app.Specs;
import dev.mooring.app.record.App;
import dev.mooring.app.spec.SpecKey;
import dev.mooring.app.spec.SpecText;
import dev.mooring.dboscloud.application.DbosSpec;
import dev.mooring.dboscloud.application.UploadedApp;
import dev.mooring.dboscloud.instance.Instances;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Apps whose code is uploaded, under the names and in the words of DBOS Cloud's API. */
@ApplicationScoped
public class UploadedApps {

    private static final int CONFLICT = 409;
    private static final int LEAST_MEMORY = 512;
    private static final int MOST_MEMORY = 5120;
    private static final String LANGUAGE = "node";
    private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{3,30}");
    /** It means something else where the API has an app's name in a path. */
    private static final String SECRETS = "secrets";

    private final Apps apps;
    private final Instances instances;
    private final Regions regions;
    private final Vault vault;
    private final Pool pool;
    private final Caller caller;
    private final Clock clock;

    UploadedApps(Apps apps, Instances instances, Regions regions, Vault vault, Pool pool, Caller caller, Clock clock) {
        this.apps = apps;
        this.instances = instances;
        this.regions = regions;
        this.vault = vault;
        this.pool = pool;
        this.caller = caller;
        this.clock = clock;
    }

    /** The caller's, oldest first. */
    public Uni<List<UploadedApp>> list() {
        return pool.preparedQuery(UploadedApp.SELECT + " order by a.created_at, a.id")
                .execute(Tuple.of(caller.team()))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(UploadedApp::of)
                        .toList());
    }

    /** Fails with 404. */
    public Uni<UploadedApp> find(String name) {
        return find(caller.team(), name);
    }

    Uni<UploadedApp> find(UUID team, String name) {
        return pool.preparedQuery(UploadedApp.SELECT + " and a.name = $2")
                .execute(Tuple.of(team, name))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw notFound(name);
                    }
                    return UploadedApp.of(rows.iterator().next());
                });
    }

    /**
     * An app without code.
     *
     * @param database the instance that it is to use
     * @param language null for the usual one
     * @param memoryMib digits; null for as much as is usual
     * @return its id; fails with 404 for an instance that is not there, 409 for a name that is taken, 422
     */
    public Uni<UUID> register(
            @Nullable String named, @Nullable String database, @Nullable String language, @Nullable String memoryMib) {
        Problems problems = new Problems();
        problems.check(
                named != null && NAME.matcher(named).matches() && !named.equals(SECRETS),
                "name",
                "must have 3 to 30 lower-case letters, digits, dashes and underscores, and not be " + SECRETS);
        problems.check(
                language == null || language.isEmpty() || language.equals(LANGUAGE),
                "language",
                "must be node, the only language of this version of Mooring");
        problems.check(database != null && !database.isBlank(), "database", "is required");
        Integer memory = memory(problems, memoryMib);
        String name = problems.whole(named);
        String instance = problems.whole(database);
        return instances
                .prepare(caller.team(), instance)
                .chain(ready -> Panache.withTransaction(() -> {
                    App app = new App();
                    app.id = UUID.randomUUID();
                    app.team = caller.team();
                    app.name = name;
                    app.region = regions.slugs().getFirst();
                    app.language = LANGUAGE;
                    app.memoryMib = memory == null ? LEAST_MEMORY : memory;
                    app.spec = SpecText.toJson(DbosSpec.registered(name, Specs.city(app.region), ready));
                    app.specKey = vault.seal(SpecKey.make());
                    app.createdAt = OffsetDateTime.now(clock);
                    app.updatedAt = app.createdAt;
                    return instances
                            .hold(app.team, instance)
                            .chain(() -> Project.holdDefault(app.team))
                            .invoke(project -> app.projectId = project)
                            .chain(() -> app.persistAndFlush())
                            .replaceWith(app.id);
                }))
                .onFailure(Apps::nameTaken)
                .transform(taken -> new ApiException(CONFLICT, "application " + name + " already exists"));
    }

    private static @Nullable Integer memory(Problems problems, @Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        boolean fits = text.matches("\\d{1,6}")
                && Integer.parseInt(text) >= LEAST_MEMORY
                && Integer.parseInt(text) <= MOST_MEMORY;
        problems.check(
                fits, "executors_memory_mib", "must be " + LEAST_MEMORY + " to " + MOST_MEMORY + ", as a whole number");
        return fits ? Integer.valueOf(text) : null;
    }

    /** From the next deployment on. Fails with 404 or 422. */
    public Uni<UploadedApp> setMemory(String name, String memoryMib) {
        Problems problems = new Problems();
        Integer memory = memory(problems, memoryMib);
        problems.throwIfAny();
        return change(name, app -> {
                    if (memory != null) {
                        app.memoryMib = memory;
                    }
                    return Uni.createFrom().voidItem();
                })
                .chain(() -> find(name));
    }

    /**
     * From the answer on nobody finds the app any more; its processes and files go as soon as they can.
     *
     * @param withDatabases whether its databases are dropped as well
     */
    public Uni<Void> delete(String name, boolean withDatabases) {
        return change(name, app -> apps.remove(app, withDatabases).replaceWithVoid());
    }

    /** The caller's app of this name, locked for as long as the change takes. Fails with 404. */
    <T> Uni<T> change(String name, Function<App, Uni<T>> change) {
        return change(caller.team(), name, change);
    }

    <T> Uni<T> change(UUID team, String name, Function<App, Uni<T>> change) {
        return Panache.withTransaction(() -> App.<App>find(
                        "name = ?1 and team = ?2 and deletedAt is null and language is not null", name, team)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(() -> notFound(name))
                .chain(app -> {
                    app.updatedAt = OffsetDateTime.now(clock);
                    return change.apply(app);
                }));
    }

    static ApiException notFound(String name) {
        return ApiException.notFound("application " + name + " not found");
    }
}
