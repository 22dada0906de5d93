package dev.mooring.database.upgrade;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.access.Scopes;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** New versions of the server. */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Upgrades")
public class UpgradeResource {

    public static final int UNDO_HOURS = 24;
    private static final int MOST_UNDO_HOURS = 24 * 14;

    private final Upgrades upgrades;

    UpgradeResource(Upgrades upgrades) {
        this.upgrades = upgrades;
    }

    @Schema(name = "UpgradeInput")
    public record Wanted(
            @Schema(required = true, description = "Major version", examples = "16") @Nullable
            String version,

            @Schema(
                    description =
                            "Mooring's own: online upgrades a copy while the cluster serves, with a pause of some tenths of a second;"
                                    + " brief while nobody can write for some seconds. Without it online, where that can be. On Kubernetes"
                                    + " brief alone, while nobody can connect",
                    enumeration = {"brief", "online"})
            @Nullable
            String method,

            @Schema(
                    description =
                            "Mooring's own: how long the old version is kept, so that the upgrade can be undone; on Kubernetes it cannot",
                    defaultValue = "24")
            @Nullable
            Integer undoHours,

            @Schema(
                    description =
                            "Mooring's own: end transactions that have been open for long, rather than wait for their end",
                    defaultValue = "false")
            @Nullable
            Boolean endTransactions) {}

    @PUT
    @Path("upgrade")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Upgrade to a newer major version",
            description =
                    "422 names everything that stands in the way. The cluster goes on serving, is back online when it"
                            + " has the version, and its operation's receipt has what was measured. Of a Kafka cluster the brokers are"
                            + " restarted one after the other, without another method, and there is no way back.")
    public Uni<Void> upgrade(String id, Wanted wanted) {
        return upgrades.upgrade(id, asked(wanted)).replaceWithVoid();
    }

    /** Fails with 422 naming everything that is wrong. */
    static Upgrades.Wanted asked(@Nullable Wanted given) {
        Wanted wanted = given == null ? new Wanted(null, null, null, null) : given;
        Problems problems = new Problems();
        problems.check(
                wanted.version() != null && !wanted.version().isBlank(),
                "version",
                "is required: one of those in /v2/databases/options");
        problems.check(
                wanted.method() == null || wanted.method().matches("brief|online"),
                "method",
                "must be brief or online");
        problems.check(
                wanted.undoHours() == null || (wanted.undoHours() >= 1 && wanted.undoHours() <= MOST_UNDO_HOURS),
                "undo_hours",
                "must be 1 to " + MOST_UNDO_HOURS);
        problems.throwIfAny();
        return new Upgrades.Wanted(
                wanted.version(),
                wanted.method() == null
                        ? null
                        : UpgradeFacts.Method.valueOf(wanted.method().toUpperCase(Locale.ROOT)),
                wanted.undoHours() == null ? UNDO_HOURS : wanted.undoHours(),
                Boolean.TRUE.equals(wanted.endTransactions()));
    }

    @PUT
    @Path("install_update")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Install the newest minor version",
            description = "Restarts the server when there is one. Other changes answer 412 until that is done.")
    public Uni<Void> installUpdate(String id, @Nullable JsonNode nothing) {
        return upgrades.installUpdate(id).replaceWithVoid();
    }
}
