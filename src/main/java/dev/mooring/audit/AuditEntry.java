package dev.mooring.audit;

import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One request that was to change something, on the wire. */
@Schema(name = "AuditEntry")
public record AuditEntry(
        UUID id,

        @Schema(description = "When it came, with fractions of a second")
        String at,

        @Schema(description = "Absent for a caller who is nobody")
        UUID teamId,

        String team,
        UUID tokenId,
        String tokenName,

        @Schema(description = "The name that the token is registered under, for DBOS Cloud's API")
        String user,

        @Schema(description = "Where it came from") String address,

        @Schema(examples = "DELETE") String method,

        @Schema(examples = "/v2/databases/{id}/users/{name}")
        String endpoint,

        @Schema(description = "The values in its path. Bodies and queries are not kept")
        Map<String, Object> parameters,

        @Schema(examples = "database") String subjectKind,

        @Schema(description = "The id, or the name that the path has")
        String subjectId,

        @Schema(
                description =
                        "Of the answer; absent when Mooring ended before it: what came of it, the operations tell")
        Integer status,

        @Schema(description = "The last operation that it started") @Nullable
        UUID operationId,

        @Schema(description = "Every operation that it started")
        List<UUID> operationIds,

        @Schema(description = "Refusals of the same caller before this one that were left out") @Nullable
        Integer repeated,

        @Schema(description = "The request's id, also in the log")
        String requestId) {

    static final String COLUMNS =
            "e.id, e.at, e.team, e.team_name, e.token, e.token_name, e.user_name, e.address, e.method,"
                    + " e.endpoint, e.parameters, coalesce(o.subject_kind, e.subject_kind) as subject_kind,"
                    + " coalesce(o.subject_id, e.subject_id) as subject_id, o.status, o.operations, o.repeated, e.request";

    static AuditEntry of(Row row) {
        UUID[] operations = row.getArrayOfUUIDs("operations");
        Integer repeated = row.getInteger("repeated");
        return new AuditEntry(
                row.getUUID("id"),
                row.getOffsetDateTime("at").toInstant().toString(),
                row.getUUID("team"),
                row.getString("team_name"),
                row.getUUID("token"),
                row.getString("token_name"),
                row.getString("user_name"),
                row.getString("address"),
                row.getString("method"),
                row.getString("endpoint"),
                ((JsonObject) row.getValue("parameters")).getMap(),
                row.getString("subject_kind"),
                row.getString("subject_id"),
                row.getInteger("status"),
                operations == null || operations.length == 0 ? null : operations[operations.length - 1],
                operations == null ? List.of() : Arrays.asList(operations),
                repeated == null || repeated == 0 ? null : repeated,
                row.getString("request"));
    }
}
