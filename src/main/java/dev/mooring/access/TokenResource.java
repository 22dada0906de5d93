package dev.mooring.access;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
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
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;

/** Tokens: made here and shown once. */
@Path("/mooring/v1/tokens")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Access")
@RolesAllowed(Scopes.TOKEN_MANAGE)
public class TokenResource {

    private final Caller caller;
    private final TokenLookup lookup;

    TokenResource(Caller caller, TokenLookup lookup) {
        this.caller = caller;
        this.lookup = lookup;
    }

    @Schema(name = "NewToken")
    public record NewToken(
            @Schema(description = "What the token is for", examples = "ci")
            String name,

            @Schema(description = "What it may do; [\"*\"] for everything", examples = "[\"database:read\"]")
            List<String> scopes) {}

    @Schema(name = "Token")
    public record TokenView(
            UUID id,
            String name,
            List<String> scopes,
            String createdAt,

            @Schema(description = "The token itself: only in the answer that made it")
            String token) {
        static TokenView of(AccessToken token, String text) {
            return new TokenView(
                    token.id, token.name, List.of(token.scopes.split(" ")), Formats.time(token.createdAt), text);
        }
    }

    @RegisterForReflection(registerFullHierarchy = true)
    public record TokenEnvelope(TokenView token) {}

    /** What the dbos-cloud client keeps in {@code .dbos/credentials}. */
    @RegisterForReflection
    public record DbosCredentials(
            String token, @JsonProperty("userName") String userName, String organization) {}

    public record TokenList(
            List<TokenView> tokens,
            @JsonProperty("links") Page.Links links,
            @JsonProperty("meta") Page.Meta meta) {}

    @POST
    @Operation(summary = "Make a token", description = "A token can hand on no more than what it may do itself.")
    @APIResponse(
            responseCode = "201",
            description = "The token, shown this once",
            content = @Content(schema = @Schema(oneOf = {TokenEnvelope.class, DbosCredentials.class})))
    public Uni<Response> create(
            NewToken wanted,
            @Parameter(
                            description =
                                    "dbos-credentials: the answer is the file .dbos/credentials of the dbos-cloud client")
                    @RestQuery
                    String format) {
        boolean credentials = "dbos-credentials".equals(format);
        Problems problems = new Problems();
        problems.check(format == null || credentials, "format", "must be dbos-credentials, or absent");
        List<String> scopes = wanted == null || wanted.scopes() == null ? List.of() : wanted.scopes();
        problems.check(
                wanted != null
                        && wanted.name() != null
                        && !wanted.name().isBlank()
                        && wanted.name().length() <= 100,
                "name",
                "is required, at most 100 characters");
        problems.check(!scopes.isEmpty(), "scopes", "at least one is required, or [\"*\"]");
        for (String scope : scopes) {
            if (problems.check(
                    scope != null && (scope.equals(Scopes.ALL) || Scopes.known().contains(scope)),
                    "scopes",
                    scope + " is not one of *, " + String.join(", ", Scopes.known()))) {
                problems.check(caller.may(scope), "scopes", "your own token lacks " + scope);
            }
        }
        if (credentials && wanted != null && wanted.name() != null) {
            UserNames.check(problems, "name", wanted.name());
        }
        problems.throwIfAny();
        AccessToken token = new AccessToken();
        token.id = UUID.randomUUID();
        token.team = caller.team();
        token.name = wanted.name();
        token.userName = credentials ? wanted.name() : null;
        token.scopes = String.join(" ", scopes);
        token.createdAt = OffsetDateTime.now(ZoneOffset.UTC);
        String text = TokenText.make(caller.organization());
        token.hash = TokenText.hash(text);
        return Panache.withTransaction(token::<AccessToken>persist)
                .map(stored -> Response.status(Response.Status.CREATED)
                        .type(MediaType.APPLICATION_JSON_TYPE)
                        .entity(
                                credentials
                                        ? new DbosCredentials(text, stored.userName, caller.organization())
                                        : new TokenEnvelope(TokenView.of(stored, text)))
                        .build());
    }

    @GET
    @WithSession
    @Operation(summary = "List tokens", description = "Without the tokens themselves: only their hashes are kept.")
    public Uni<TokenList> list(@Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return AccessToken.<AccessToken>list("team = ?1 order by createdAt, id", caller.team())
                .map(all -> Page.cut(
                        all.stream().map(token -> TokenView.of(token, null)).toList(), request, uri))
                .map(page -> new TokenList(page.items(), page.links(), page.meta()));
    }

    @DELETE
    @Path("{id}")
    @Operation(summary = "Revoke a token")
    @APIResponse(responseCode = "204", description = "Revoked")
    public Uni<Void> delete(UUID id) {
        return Panache.withTransaction(() -> AccessToken.delete("id = ?1 and team = ?2", id, caller.team()))
                .invoke(deleted -> {
                    if (deleted == 0) {
                        throw ApiException.notFound("token not found");
                    }
                    lookup.forgetAll();
                })
                .replaceWithVoid();
    }
}
