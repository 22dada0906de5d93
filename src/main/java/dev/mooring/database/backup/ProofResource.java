package dev.mooring.database.backup;

import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.Formats;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What is known of whether a cluster can be brought back. */
@Path("/mooring/v1/databases/{id}/proof")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Backups")
public class ProofResource {

    private final ClusterQueries reads;
    private final Operations operations;
    private final Pool pool;

    ProofResource(ClusterQueries reads, Operations operations, Pool pool) {
        this.reads = reads;
        this.operations = operations;
        this.pool = pool;
    }

    @Schema(name = "RecoveryProof")
    public record ProofView(
            @Schema(description = "When a recovery was tried last, RFC 3339; absent as long as none was") @Nullable
            String triedAt,

            @Schema(description = "Why that failed; absent when it did not") @Nullable
            String failure,

            @Schema(description = "The operation of the last one that succeeded; absent as long as none has") @Nullable
            UUID operationId,

            @Schema(description = "For how long that one went on; absent likewise") @Nullable
            Double seconds,

            @Schema(
                    description = "What it read: its operation's receipt; absent when that is not kept any more",
                    implementation = Object.class)
            @Nullable
            Map<String, Object> receipt,

            @Schema(description = "When it is tried next, RFC 3339; absent for never, and for soon") @Nullable
            String nextAt) {}

    public record ProofEnvelope(ProofView proof) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "What the last drill has proved",
            description = "A drill restores the cluster aside, reads every table, and throws away what it restored.")
    public Uni<ProofEnvelope> proof(String id) {
        return reads.find(id)
                .chain(cluster -> pool.preparedQuery(
                                "select drilled_at, drill_failure, drill_proof, drill_hours from cluster where id = $1")
                        .execute(Tuple.of(cluster.id())))
                .map(rows -> rows.iterator().next())
                .chain(row -> {
                    JsonObject proof = row.getJsonObject("drill_proof");
                    return proof == null
                            ? Uni.createFrom().item(view(row, null, null, null))
                            : operations
                                    .find(UUID.fromString(proof.getString("operation")))
                                    .map(found -> view(
                                            row,
                                            UUID.fromString(proof.getString("operation")),
                                            proof.getDouble("seconds"),
                                            found == null || found.result() == null
                                                    ? null
                                                    : found.result().getMap()));
                })
                .map(ProofEnvelope::new);
    }

    private static ProofView view(
            Row row, @Nullable UUID operation, @Nullable Double seconds, @Nullable Map<String, Object> receipt) {
        OffsetDateTime tried = row.getOffsetDateTime("drilled_at");
        Integer hours = row.getInteger("drill_hours");
        return new ProofView(
                Formats.timeOrNull(tried),
                row.getString("drill_failure"),
                operation,
                seconds,
                receipt,
                tried == null || hours == null ? null : Formats.time(tried.plusHours(hours)));
    }
}
