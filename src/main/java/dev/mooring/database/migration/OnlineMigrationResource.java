package dev.mooring.database.migration;

import dev.mooring.access.Scopes;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** From a server elsewhere into a cluster. */
@Path("/v2/databases/{id}/online-migration")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Online migration")
public class OnlineMigrationResource {

    private static final int LAST_PORT = 65535;

    private final OnlineMigrations migrations;
    private final OutboundPolicy policy;

    OnlineMigrationResource(OnlineMigrations migrations, OutboundPolicy policy) {
        this.migrations = migrations;
        this.policy = policy;
    }

    @Schema(name = "OnlineMigrationSource")
    public record Source(
            @Schema(required = true, examples = "db.example.com")
            String host,

            @Schema(required = true, examples = "5432") Integer port,

            @Schema(
                    required = true,
                    description = "To connect to first; all databases that the user can connect to come along")
            String dbname,

            @Schema(required = true) String username,
            @Schema(required = true) String password) {}

    @Schema(name = "OnlineMigrationInput")
    public record Wanted(
            @Schema(required = true) Source source,

            @Schema(description = "Connect to the source without TLS", defaultValue = "false")
            Boolean disableSsl,

            @Schema(description = "Databases that stay where they are")
            List<String> ignoreDbs) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "The state of the newest online migration")
    public Uni<OnlineMigrationView> get(String id) {
        return migrations.latest(id);
    }

    @PUT
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Bring the databases of another server into the cluster",
            description =
                    "While that server is written to, where it allows logical replication: syncing means that everything"
                            + " is there and whatever is written goes on coming, until it is stopped. Else everything"
                            + " comes once. Roles and rights of the source do not come along. 422 when the source cannot"
                            + " be used, or one of its databases is not empty in the cluster.")
    public Uni<OnlineMigrationView> start(String id, @Nullable Wanted wanted) {
        Source source = wanted == null ? null : wanted.source();
        if (wanted == null || source == null) {
            throw ApiException.unprocessable("source: is required");
        }
        Problems problems = new Problems();
        text(problems, "source.host", source.host());
        outbound(problems, source.host());
        problems.check(
                source.port() != null && source.port() >= 1 && source.port() <= LAST_PORT,
                "source.port",
                "must be 1 to " + LAST_PORT);
        text(problems, "source.dbname", source.dbname());
        text(problems, "source.username", source.username());
        problems.check(source.password() != null, "source.password", "is required");
        printable(problems, "source.password", source.password());
        problems.throwIfAny();
        return migrations.start(
                id,
                new ClusterSpec.Source(
                        source.host(),
                        source.port(),
                        source.dbname(),
                        source.username(),
                        null,
                        !Boolean.TRUE.equals(wanted.disableSsl()),
                        wanted.ignoreDbs() == null ? List.of() : wanted.ignoreDbs()),
                source.password());
    }

    /** The driver takes a host with a slash or a question mark for more of its URL. */
    private static void text(Problems problems, String field, @Nullable String value) {
        problems.check(value != null && !value.isBlank(), field, "is required");
        printable(problems, field, value);
        if (field.equals("source.host") && value != null) {
            problems.check(value.matches("[A-Za-z0-9._:\\[\\]-]*"), field, "must be a host name or an address");
        }
    }

    /** They end in environments, arguments and packets, which take some of these for their own ends. */
    private static void printable(Problems problems, String field, @Nullable String value) {
        problems.check(
                value == null || value.chars().noneMatch(Character::isISOControl),
                field,
                "must not hold control characters");
    }

    /** What a name stands for is looked up by whoever connects. */
    private void outbound(Problems problems, @Nullable String host) {
        try {
            if (host != null && !host.isBlank()) {
                policy.checkHost(host);
            }
        } catch (OutboundPolicy.Refused e) {
            problems.add("source.host: " + e.getMessage());
        }
    }

    @DELETE
    @Path("{migration}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Stop an online migration",
            description =
                    "When it was syncing, what has been written by then is brought over and stays; before, nothing does.")
    public Uni<Void> stop(String id, String migration) {
        return migrations.stop(id, migration);
    }
}
