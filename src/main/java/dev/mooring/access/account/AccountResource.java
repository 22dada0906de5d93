package dev.mooring.access.account;

import dev.mooring.access.Caller;
import dev.mooring.access.Regions;
import dev.mooring.access.Scopes;
import dev.mooring.access.Team;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.security.Authenticated;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What clients ask about the account before they do anything with databases. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Account")
public class AccountResource {

    private static final String CONTACT = "admin@mooring.invalid";

    private final Caller caller;
    private final Regions regions;
    private final Clock clock;

    AccountResource(Caller caller, Regions regions, Clock clock) {
        this.caller = caller;
        this.regions = regions;
        this.clock = clock;
    }

    public record AccountTeam(UUID uuid, String name) {}

    public record Account(
            int dropletLimit,
            int floatingIpLimit,
            String email,
            String name,
            UUID uuid,
            boolean emailVerified,
            String status,
            String statusMessage,
            AccountTeam team) {}

    public record AccountEnvelope(Account account) {}

    public record TokenInfo(
            long resourceOwnerId,

            @Schema(description = "As the token was given them; read and write for one that may do everything")
            List<String> scopes,

            @Schema(description = "0 for a token that does not end by itself")
            long expiresInSeconds,

            Map<String, String> application,

            @Schema(description = "Unix seconds") long createdAt) {}

    public record RegionView(String name, String slug, List<String> sizes, List<String> features, boolean available) {}

    public record RegionList(List<RegionView> regions, Page.Links links, Page.Meta meta) {}

    public record VpcView(
            UUID id,
            String urn,
            String name,
            String description,
            String region,
            String ipRange,

            @com.fasterxml.jackson.annotation.JsonProperty("default")
            boolean isDefault,

            String createdAt) {
        static VpcView of(Vpc vpc) {
            return new VpcView(
                    vpc.id,
                    "do:vpc:" + vpc.id,
                    vpc.name,
                    "",
                    vpc.region,
                    vpc.ipRange,
                    vpc.isDefault,
                    Formats.time(vpc.createdAt));
        }
    }

    public record VpcEnvelope(VpcView vpc) {}

    public record VpcList(List<VpcView> vpcs, Page.Links links, Page.Meta meta) {}

    @GET
    @Path("v2/account")
    @RolesAllowed(Scopes.ACCOUNT_READ)
    @WithSession
    @Operation(summary = "The account behind the token")
    public Uni<AccountEnvelope> account() {
        return Team.<Team>findById(caller.team())
                .map(team -> new AccountEnvelope(new Account(
                        0, 0, CONTACT, team.name, team.id, true, "active", "", new AccountTeam(team.id, team.name))));
    }

    @GET
    @Path("v1/oauth/token/info")
    @Authenticated
    @Operation(summary = "What the token may do", description = "doctl auth init checks a token with this.")
    public TokenInfo tokenInfo() {
        OffsetDateTime end = caller.tokenExpiresAt();
        return new TokenInfo(
                1,
                caller.scopes().contains(Scopes.ALL) ? List.of("read", "write") : caller.scopes(),
                end == null
                        ? 0
                        : Math.max(
                                1,
                                Duration.between(OffsetDateTime.now(clock), end).toSeconds()),
                Map.of("uid", caller.token().toString()),
                caller.tokenCreatedAt().toEpochSecond());
    }

    @GET
    @Path("v2/regions")
    @Authenticated
    @Operation(summary = "List regions", description = "Every slug stands for this installation.")
    public RegionList regions(@Context UriInfo uri) {
        Page<RegionView> page = Page.cut(
                regions.slugs().stream()
                        .map(slug -> new RegionView(slug, slug, List.of(), List.of(), true))
                        .toList(),
                Page.Request.of(uri, false),
                uri);
        return new RegionList(page.items(), page.links(), page.meta());
    }

    @GET
    @Path("v2/vpcs")
    @RolesAllowed(Scopes.VPC_READ)
    @WithSession
    @Operation(summary = "List private networks")
    public Uni<VpcList> vpcs(@Context UriInfo uri) {
        return Vpc.<Vpc>list("team = ?1 order by region, name", caller.team())
                .map(all -> Page.cut(all.stream().map(VpcView::of).toList(), Page.Request.of(uri, false), uri))
                .map(page -> new VpcList(page.items(), page.links(), page.meta()));
    }

    @GET
    @Path("v2/vpcs/{id}")
    @RolesAllowed(Scopes.VPC_READ)
    @WithSession
    @Operation(summary = "One private network")
    public Uni<VpcEnvelope> vpc(UUID id) {
        return Vpc.<Vpc>find("team = ?1 and id = ?2", caller.team(), id)
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(() -> ApiException.notFound("vpc not found"))
                .map(vpc -> new VpcEnvelope(VpcView.of(vpc)));
    }
}
