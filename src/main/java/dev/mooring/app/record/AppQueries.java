package dev.mooring.app.record;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.access.Caller;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Reads apps and deployments for the caller. */
@ApplicationScoped
public class AppQueries {

    private final Pool pool;
    private final ObjectMapper mapper;
    private final Caller caller;

    AppQueries(Pool pool, ObjectMapper mapper, Caller caller) {
        this.pool = pool;
        this.mapper = mapper;
        this.caller = caller;
    }

    /** Fails with 404. */
    public Uni<App> app(String id) {
        return Panache.withSession(() ->
                AppId.find(id, caller.team()).firstResult().onItem().ifNull().failWith(AppId::notFound));
    }

    public Uni<List<App>> apps() {
        return Panache.withSession(
                () -> App.list("team = ?1 and deletedAt is null order by createdAt, id", caller.team()));
    }

    public Uni<Boolean> nameFree(String name, @Nullable UUID except) {
        return Panache.withSession(() -> App.count(
                        "team = ?1 and name = ?2 and deletedAt is null and id <> ?3",
                        caller.team(),
                        name,
                        except == null ? new UUID(0, 0) : except)
                .map(count -> count == 0));
    }

    /** Newest first. */
    public Uni<List<DeploymentRow>> deployments(UUID app, int limit, int offset) {
        return pool.preparedQuery(DeploymentRow.SELECT + " where d.app = $1 order by d.number desc limit $2 offset $3")
                .execute(Tuple.of(app, limit, offset))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> DeploymentRow.of(row, mapper))
                        .toList());
    }

    /**
     * Of all of the caller's apps that use a cluster, newest first.
     *
     * @param cluster its name
     * @param owner the app whose dev database it is; null for a managed cluster
     * @param since those that began then or later; null for any
     */
    public Uni<List<DeploymentRow>> deploymentsOn(
            String cluster, @Nullable UUID owner, @Nullable OffsetDateTime since, int limit) {
        return pool.preparedQuery(DeploymentRow.SELECT + " join app a on a.id = d.app"
                        + " where a.team = $1 and a.deleted_at is null and (a.id = $2 or ($2 is null and exists (select from"
                        + " jsonb_array_elements(coalesce(d.spec::jsonb -> 'databases', '[]')) db"
                        + " where db ->> 'production' = 'true' and db ->> 'cluster_name' = $3)))"
                        + " and ($5::timestamptz is null or d.created_at >= $5)"
                        + " order by d.created_at desc, d.number desc limit $4")
                .execute(Tuple.of(caller.team(), owner, cluster, limit, since))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> DeploymentRow.of(row, mapper))
                        .toList());
    }

    public Uni<Integer> deploymentCount(UUID app) {
        return pool.preparedQuery("select count(*)::int from deployment where app = $1")
                .execute(Tuple.of(app))
                .map(rows -> rows.iterator().next().getInteger(0));
    }

    /**
     * The ones that clients watch: the active one, the one it is pinned to, the one that is under way and the last one that
     * waits; newest first.
     */
    public Uni<List<DeploymentRow>> watched(App app) {
        return pool.preparedQuery(DeploymentRow.SELECT + " where d.id in ($2, $3,"
                        + " (select id from deployment where app = $1 and outcome is null order by number limit 1),"
                        + " (select id from deployment where app = $1 and outcome is null order by number desc limit 1))"
                        + " order by d.number desc")
                .execute(Tuple.of(app.id, app.activeDeployment, app.pinnedDeployment))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> DeploymentRow.of(row, mapper))
                        .toList());
    }

    /** Fails with 404. */
    public Uni<DeploymentRow> deployment(UUID app, String id) {
        UUID uuid = AppId.uuid(id);
        return pool.preparedQuery(DeploymentRow.SELECT + " where d.app = $1 and d.id = $2")
                .execute(Tuple.of(app, uuid))
                .map(rows -> {
                    if (uuid == null || rows.rowCount() == 0) {
                        throw ApiException.notFound("deployment not found");
                    }
                    return DeploymentRow.of(rows.iterator().next(), mapper);
                });
    }
}
