package dev.mooring.access.team;

import dev.mooring.access.Caller;
import dev.mooring.access.NewToken;
import dev.mooring.access.Scopes;
import dev.mooring.access.Team;
import dev.mooring.access.TokenView;
import dev.mooring.access.Tokens;
import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Teams, for who administers the installation. */
@Path("/mooring/v1/teams")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Teams")
public class TeamResource {

    private final Teams teams;
    private final Tokens tokens;
    private final Caller caller;

    TeamResource(Teams teams, Tokens tokens, Caller caller) {
        this.teams = teams;
        this.tokens = tokens;
        this.caller = caller;
    }

    @Schema(name = "NewTeam")
    public record NewTeam(
            @Schema(
                    required = true,
                    description =
                            "3 to 30 lower-case letters, digits, dashes and underscores; the organization of DBOS Cloud's API",
                    examples = "shop")
            String name,

            @Schema(description = "No limits when absent") Quotas quotas) {}

    @Schema(name = "TeamLimits")
    public record Limits(
            @Schema(required = true, description = "All of them: what is absent has no limit")
            Quotas quotas) {}

    @Schema(name = "Team")
    public record TeamView(
            UUID id,
            String name,

            @Schema(description = "Whether its tokens may have scopes that reach beyond a team")
            boolean administers,

            Quotas quotas,
            String createdAt) {
        static TeamView of(Team team) {
            return new TeamView(team.id, team.name, team.administers, Quotas.of(team), Formats.time(team.createdAt));
        }
    }

    public record TeamEnvelope(TeamView team) {}

    public record TeamList(List<TeamView> teams, Page.Links links, Page.Meta meta) {}

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.TEAM_CREATE)
    @Operation(
            summary = "Make a team",
            description = "With its default project and networks. It gets its first token at …/{team}/tokens.")
    public Uni<TeamEnvelope> create(@Nullable NewTeam wanted) {
        return teams.create(wanted == null ? null : wanted.name(), wanted == null ? null : wanted.quotas())
                .map(team -> new TeamEnvelope(TeamView.of(team)));
    }

    @GET
    @RolesAllowed(Scopes.TEAM_READ)
    @Operation(summary = "List teams")
    public Uni<TeamList> list(@Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return teams.list()
                .map(all -> Page.cut(all.stream().map(TeamView::of).toList(), request, uri))
                .map(page -> new TeamList(page.items(), page.links(), page.meta()));
    }

    @GET
    @Path("{team}")
    @RolesAllowed(Scopes.TEAM_READ)
    @Operation(summary = "One team", description = "By its id or its name.")
    public Uni<TeamEnvelope> get(String team) {
        return teams.find(team).map(found -> new TeamEnvelope(TeamView.of(found)));
    }

    @PUT
    @Path("{team}")
    @RolesAllowed(Scopes.TEAM_UPDATE)
    @Operation(
            summary = "Change a team's quotas",
            description = "What the team has beyond them stays; it gets nothing more.")
    public Uni<TeamEnvelope> limit(String team, @Nullable Limits wanted) {
        return teams.limit(team, wanted == null ? null : wanted.quotas())
                .map(found -> new TeamEnvelope(TeamView.of(found)));
    }

    @DELETE
    @Path("{team}")
    @RolesAllowed(Scopes.TEAM_DELETE)
    @Operation(
            summary = "Delete a team",
            description =
                    "409, naming them, while it has clusters, apps or linked servers. Its tokens end with it, and its deleted"
                            + " clusters cannot be recovered any more.")
    @APIResponse(responseCode = "204", description = "Deleted")
    public Uni<Void> delete(String team) {
        return teams.delete(team);
    }

    @POST
    @Path("{team}/tokens")
    @ResponseStatus(201)
    @RolesAllowed(Scopes.TEAM_UPDATE)
    @Operation(
            summary = "Make a token of a team",
            description = "As for one's own team: no more than what the caller may do, and for no longer.")
    public Uni<TokenView.Envelope> createToken(String team, NewToken wanted) {
        return teams.find(team)
                .chain(found -> tokens.make(found, wanted, false))
                .map(made -> new TokenView.Envelope(TokenView.of(made.token(), made.text())));
    }

    @GET
    @Path("{team}/tokens")
    @RolesAllowed(Scopes.TEAM_READ)
    @Operation(summary = "List a team's tokens", description = "Those that have ended too.")
    public Uni<TokenView.Listing> listTokens(String team, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return teams.find(team)
                .chain(found -> Panache.withSession(() -> tokens.list(found.id)))
                .map(all -> TokenView.Listing.of(Page.cut(all, request, uri)));
    }

    @DELETE
    @Path("{team}/tokens/{token}")
    @RolesAllowed(Scopes.TEAM_UPDATE)
    @Operation(
            summary = "Revoke a team's token",
            description = "409 for the token that the request itself is sent with, unless force=true.")
    @APIResponse(responseCode = "204", description = "Revoked")
    public Uni<Void> revokeToken(
            String team,
            UUID token,
            @Parameter(description = "true to revoke the very token that this request is sent with") @RestQuery
                    boolean force) {
        caller.requireOther(token, force);
        return teams.find(team).chain(found -> tokens.revoke(found.id, token));
    }
}
