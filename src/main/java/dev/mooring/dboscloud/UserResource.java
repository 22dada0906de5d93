package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.access.UserNames;
import dev.mooring.web.ApiException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Who the caller is. */
@Path("/v1alpha1/user")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "DBOS Cloud: users")
public class UserResource {

    private static final String PLAN = "self-hosted";

    private final Caller caller;
    private final UserNames names;

    UserResource(Caller caller, UserNames names) {
        this.caller = caller;
        this.names = names;
    }

    @Schema(name = "CloudProfile")
    @RegisterForReflection
    public record Profile(
            @JsonProperty("Name") @Nullable String name,
            @JsonProperty("Email") String email,
            @JsonProperty("Organization") @Nullable String organization,
            @JsonProperty("SubscriptionPlan") String subscriptionPlan,
            @JsonProperty("IsOrgAdmin") boolean orgAdmin) {}

    @Schema(name = "CloudRegistration")
    public record Registration(
            @Schema(required = true, description = "3 to 30 lower-case letters, digits and underscores")
            String name,

            String givenName,
            String familyName,
            String company,
            String secret) {}

    @GET
    @Path("profile")
    @RolesAllowed(Scopes.ACCOUNT_READ)
    @Operation(summary = "The caller's name and organization", description = "The organization is the team.")
    public Profile profile() {
        return new Profile(caller.user(), "", caller.organization(), PLAN, caller.may(Scopes.TOKEN_MANAGE));
    }

    @GET
    @RolesAllowed(Scopes.ACCOUNT_READ)
    @Operation(summary = "The caller's name", description = "What clients before 1.7 ask for.")
    public Uni<String> name() {
        return Uni.createFrom().item("\"" + caller.user() + "\"");
    }

    @PUT
    @RolesAllowed(Scopes.ACCOUNT_READ)
    @Operation(summary = "Register the caller's token under a name", description = "It has one name for ever.")
    public Uni<Map<String, String>> register(@Nullable Registration wanted) {
        if (wanted == null) {
            throw ApiException.badRequest("error parsing request body: a JSON object is required");
        }
        if (wanted.secret() != null && !wanted.secret().isEmpty()) {
            throw ApiException.unprocessable(
                    "secret: a token belongs to its team from the start; ask the team for one of its tokens");
        }
        return names.register(wanted.name()).replaceWith(Map.of());
    }
}
