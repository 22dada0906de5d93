package dev.mooring.access;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.web.Page;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Tokens: made here and shown once. */
@Path("/mooring/v1/tokens")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Access")
@RolesAllowed(Scopes.TOKEN_MANAGE)
public class TokenResource {

    private final Tokens tokens;
    private final Caller caller;

    TokenResource(Tokens tokens, Caller caller) {
        this.tokens = tokens;
        this.caller = caller;
    }

    /** What the dbos-cloud client keeps in {@code .dbos/credentials}. */
    @RegisterForReflection
    public record DbosCredentials(
            String token,
            @JsonProperty("userName") @Nullable String userName,
            @Nullable String organization) {}

    @POST
    @Operation(
            summary = "Make a token",
            description = "A token can hand on no more than what it may do itself, and for no longer.")
    @APIResponse(
            responseCode = "201",
            description = "The token, shown this once",
            content = @Content(schema = @Schema(oneOf = {TokenView.Envelope.class, DbosCredentials.class})))
    public Uni<Response> create(
            NewToken wanted,
            @Parameter(
                            description =
                                    "dbos-credentials: the answer is the file .dbos/credentials of the dbos-cloud client")
                    @RestQuery
                    @Nullable
                    String format) {
        boolean credentials = "dbos-credentials".equals(format);
        Problems problems = new Problems();
        problems.check(format == null || credentials, "format", "must be dbos-credentials, or absent");
        problems.throwIfAny();
        return Panache.withSession(() -> Team.<Team>findById(caller.team()))
                .chain(team -> tokens.make(team, wanted, credentials))
                .map(made -> Response.status(Response.Status.CREATED)
                        .type(MediaType.APPLICATION_JSON_TYPE)
                        .entity(
                                credentials
                                        ? new DbosCredentials(made.text(), made.token().userName, caller.organization())
                                        : new TokenView.Envelope(TokenView.of(made.token(), made.text())))
                        .build());
    }

    @GET
    @WithSession
    @Operation(
            summary = "List tokens",
            description = "Those that have ended too. Without the tokens themselves: only their hashes are kept.")
    public Uni<TokenView.Listing> list(@Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return tokens.list(caller.team()).map(all -> TokenView.Listing.of(Page.cut(all, request, uri)));
    }

    @DELETE
    @Path("{id}")
    @Operation(
            summary = "Revoke a token",
            description =
                    "For ever: an administrator's too, whatever the setting says. 409 for the token that the request"
                            + " itself is sent with, unless force=true.")
    @APIResponse(responseCode = "204", description = "Revoked")
    public Uni<Void> delete(
            UUID id,
            @Parameter(description = "true to revoke the very token that this request is sent with") @RestQuery
                    boolean force) {
        caller.requireOther(id, force);
        return tokens.revoke(caller.team(), id);
    }
}
