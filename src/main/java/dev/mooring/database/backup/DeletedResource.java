package dev.mooring.database.backup;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Clusters that are gone, as long as they can come back. */
@Path("/mooring/v1/databases/deleted")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Backups")
public class DeletedResource {

    /** Served by kept_archive_name. Those that had no backup yet are not in it. */
    private static final String KEPT =
            "select cluster, name, engine, version, size, recoverable_from, deleted_at, keep_until"
                    + " from kept_archive where team = $1 and keep_until > now()"
                    + " order by deleted_at desc, cluster";

    private final Pool pool;
    private final Caller caller;

    DeletedResource(Pool pool, Caller caller) {
        this.pool = pool;
        this.caller = caller;
    }

    @Schema(name = "DeletedDatabase")
    public record DeletedView(
            UUID id,
            String name,
            @Schema(examples = "pg") String engine,

            @Schema(description = "Major version when it was deleted")
            String version,

            String size,
            @Schema(description = "RFC 3339") String deletedAt,

            @Schema(description = "The first moment that can come back; the last is deleted_at")
            String earliest,

            @Schema(description = "How long its archive is kept")
            String keptUntil) {

        static DeletedView of(Row row) {
            return new DeletedView(
                    row.getUUID("cluster"),
                    row.getString("name"),
                    row.getString("engine"),
                    row.getString("version"),
                    row.getString("size"),
                    Formats.time(row.getOffsetDateTime("deleted_at")),
                    Formats.time(row.getOffsetDateTime("recoverable_from")),
                    Formats.time(row.getOffsetDateTime("keep_until")));
        }
    }

    public record DeletedList(List<DeletedView> deletedDatabases, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "Deleted clusters that can come back, the last one first",
            description = "By POST /v2/databases with their id as backup_restore.database_name.")
    public Uni<DeletedList> list(@Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return pool.preparedQuery(KEPT)
                .execute(Tuple.of(caller.team()))
                .map(rows -> Page.cut(
                        StreamSupport.stream(rows.spliterator(), false)
                                .map(DeletedView::of)
                                .toList(),
                        request,
                        uri))
                .map(page -> new DeletedList(page.items(), page.links(), page.meta()));
    }
}
