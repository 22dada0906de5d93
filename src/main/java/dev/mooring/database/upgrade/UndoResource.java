package dev.mooring.database.upgrade;

import dev.mooring.access.Scopes;
import dev.mooring.operation.api.OperationResource.OperationEnvelope;
import dev.mooring.operation.api.OperationView;
import dev.mooring.operation.queue.Operations;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jboss.resteasy.reactive.RestQuery;

/** The way back from a major upgrade. */
@Path("/mooring/v1/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Upgrades")
public class UndoResource {

    private final Upgrades upgrades;
    private final Operations operations;

    UndoResource(Upgrades upgrades, Operations operations) {
        this.upgrades = upgrades;
        this.operations = operations;
    }

    @POST
    @Path("upgrade/undo")
    @ResponseStatus(202)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Go back to the version before the last upgrade",
            description =
                    "After an online upgrade from 16 or later with what was written since. What would be lost makes the operation fail,"
                            + " by name, unless discard=true says that it may be. 412 when the time for that is over.")
    public Uni<OperationEnvelope> undoUpgrade(
            String id,
            @RestQuery @DefaultValue("false") boolean discard,
            @RestQuery("end_transactions") @DefaultValue("false") boolean endTransactions) {
        return upgrades.undo(id, discard, endTransactions)
                .chain(operations::find)
                .map(found -> new OperationEnvelope(OperationView.of(found)));
    }
}
