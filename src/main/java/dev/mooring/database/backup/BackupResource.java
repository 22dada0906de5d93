package dev.mooring.database.backup;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.engine.postgres.BackupTime;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The backups that there are. */
@Path("/v2/databases/{id}/backups")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class BackupResource {

    private static final double GIGABYTE = 1e9;

    private final ClusterQueries reads;
    private final Operations operations;
    private final Pool pool;
    private final ObjectMapper mapper;

    BackupResource(ClusterQueries reads, Operations operations, Pool pool, ObjectMapper mapper) {
        this.reads = reads;
        this.operations = operations;
        this.pool = pool;
        this.mapper = mapper;
    }

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List backups, newest first")
    public Uni<BackupView.Listing> list(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return reads.find(id)
                .chain(cluster -> pool.preparedQuery(
                                "select created_at, size_bytes from cluster_backup where cluster = $1 order by created_at desc")
                        .execute(Tuple.of(cluster.id()))
                        .chain(rows -> {
                            List<BackupView> all = new ArrayList<>();
                            rows.forEach(row -> all.add(new BackupView(
                                    RecoverySource.wholeSecond(
                                                    row.getOffsetDateTime(0).toInstant())
                                            .toString(),
                                    Math.round(row.getLong(1) / GIGABYTE * 10_000) / 10_000.0,
                                    false)));
                            BackupTime time = BackupTime.of(cluster.id(), PgConfig.read(mapper, cluster.config()));
                            Page<BackupView> page = Page.cut(all, request, uri);
                            return progress(cluster.id())
                                    .map(progress -> new BackupView.Listing(
                                            page.items(),
                                            new BackupView.Schedule(
                                                    time.hour(), time.minute(), BackupTime.INTERVAL_HOURS),
                                            progress,
                                            page.links(),
                                            page.meta()));
                        }));
    }

    /** In percent; null when no backup is being made. */
    private Uni<String> progress(UUID cluster) {
        return pool.preparedQuery("select backup_operation from cluster where id = $1")
                .execute(Tuple.of(cluster))
                .chain(rows -> {
                    UUID operation =
                            rows.rowCount() == 0 ? null : rows.iterator().next().getUUID(0);
                    return operation == null ? Uni.createFrom().nullItem() : operations.find(operation);
                })
                .map(operation -> {
                    if (operation == null || operation.state().ended()) {
                        return null;
                    }
                    JsonObject progress = operation.progress();
                    long total = progress == null ? 0 : progress.getLong("total", 0L);
                    return Long.toString(
                            progress == null || total <= 0
                                    ? 0
                                    : Math.min(100, 100 * progress.getLong("position") / total));
                });
    }
}
