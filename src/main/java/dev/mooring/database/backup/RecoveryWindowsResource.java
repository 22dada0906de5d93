package dev.mooring.database.backup;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.backup.RecoveryResource.WindowView;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What can be recovered of all clusters, in one answer: a list of many does not ask about each. */
@Path("/mooring/v1/databases/recovery-windows")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Backups")
public class RecoveryWindowsResource {

    private static final String WINDOWS =
            "select id, recoverable_from, archive_failing_since as recoverable_until, drilled_at, drill_failure, former_versions"
                    + " from cluster where team = $1 and deleted_at is null and replica_of is null and recoverable_from is not null"
                    + " order by id";

    private final Pool pool;
    private final Caller caller;
    private final Clock clock;

    RecoveryWindowsResource(Pool pool, Caller caller, Clock clock) {
        this.pool = pool;
        this.caller = caller;
        this.clock = clock;
    }

    @Schema(name = "ClusterRecoveryWindow")
    public record ClusterWindow(
            @Schema(description = "The cluster") UUID id, WindowView recoveryWindow) {
        static ClusterWindow of(Row row, Instant now) {
            return new ClusterWindow(
                    row.getUUID("id"),
                    WindowView.of(
                            RecoverySource.Window.of(
                                    row.getOffsetDateTime("recoverable_from").toInstant(),
                                    RecoverySource.instant(row.getOffsetDateTime("recoverable_until")),
                                    FormerVersion.all(row.getJsonArray("former_versions")),
                                    now),
                            RecoverySource.Drill.of(row)));
        }
    }

    public record WindowList(List<ClusterWindow> recoveryWindows) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "The moments that can be recovered, of every cluster",
            description = "Those that have no backup yet are not in it, nor those that were deleted.")
    public Uni<WindowList> list() {
        Instant now = clock.instant();
        return pool.preparedQuery(WINDOWS)
                .execute(Tuple.of(caller.team()))
                .map(rows -> new WindowList(StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> ClusterWindow.of(row, now))
                        .toList()));
    }
}
