package dev.mooring.database.upgrade;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.operation.api.OperationResource.OperationEnvelope;
import dev.mooring.operation.api.OperationView;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** What an upgrade would meet. */
@Path("/mooring/v1/databases/{id}/upgrade/check")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Upgrades")
public class UpgradeCheckResource {

    private final Upgrades upgrades;
    private final Caller caller;

    UpgradeCheckResource(Upgrades upgrades, Caller caller) {
        this.upgrades = upgrades;
        this.caller = caller;
    }

    @POST
    @ResponseStatus(200)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Look for what stands in the way of an upgrade",
            description =
                    "What the upgrade itself looks for before it begins, with the same body. Nothing is changed. 422 names"
                            + " everything in the way; 412 while something else is under way.")
    @APIResponse(responseCode = "200", description = "Nothing stands in the way; the check that found so")
    public Uni<OperationEnvelope> checkUpgrade(String id, UpgradeResource.Wanted wanted) {
        return upgrades.checked(caller.team(), id, UpgradeResource.asked(wanted))
                .map(check -> new OperationEnvelope(OperationView.of(check)));
    }
}
