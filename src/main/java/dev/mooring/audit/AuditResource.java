package dev.mooring.audit;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.access.Team;
import dev.mooring.web.ApiException;
import dev.mooring.web.Page;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Who changed what. */
@Path("/mooring/v1/audit")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Audit")
public class AuditResource {

    private static final String EVERYBODY = "*";

    private final AuditTrail trail;
    private final Caller caller;

    AuditResource(AuditTrail trail, Caller caller) {
        this.trail = trail;
        this.caller = caller;
    }

    public record AuditList(List<AuditEntry> entries, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.AUDIT_READ)
    @Operation(
            summary = "Who changed what, newest first",
            description = "Every request of the team that was to change something, carried out or refused, as long as"
                    + " MOORING_AUDIT_RETENTION says. With the scope team:read also other teams'.")
    public Uni<AuditList> list(
            @Parameter(description = "From then on, as in RFC 3339") @RestQuery String since,
            @Parameter(description = "Before that, as in RFC 3339") @RestQuery String until,
            @Parameter(description = "Id of a token") @RestQuery String token,
            @Parameter(description = "What was changed, by its id, or by a name that the path had") @RestQuery
                    String subject,
            @Parameter(description = "Id or name of a team, or * for all and for callers who are nobody") @RestQuery
                    String team,
            @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        OffsetDateTime from = time("since", since);
        OffsetDateTime to = time("until", until);
        UUID by = blank(token) ? null : uuid("token", token);
        return team(team).chain(whose -> {
            AuditTrail.Wanted wanted =
                    new AuditTrail.Wanted(whose.orElse(null), from, to, by, blank(subject) ? null : subject);
            return trail.list(wanted, request.limit(), request.offset())
                    .chain(entries -> trail.count(wanted).map(total -> Page.of(entries, total, request, uri)))
                    .map(page -> new AuditList(page.items(), page.links(), page.meta()));
        });
    }

    /** Empty for all. Who may see no other team is told that there is none. */
    private Uni<Optional<UUID>> team(String wanted) {
        if (blank(wanted)
                || wanted.equals(caller.organization())
                || wanted.equals(caller.team().toString())) {
            return Uni.createFrom().item(Optional.of(caller.team()));
        }
        if (!caller.may(Scopes.TEAM_READ)) {
            throw ApiException.notFound("team not found");
        }
        if (wanted.equals(EVERYBODY)) {
            return Uni.createFrom().item(Optional.empty());
        }
        // A team that is gone has left its entries behind, under its id.
        return Panache.withSession(() -> Team.<Team>find("name", wanted).firstResult())
                .map(named -> Optional.of(named == null ? uuid("team", wanted) : named.id));
    }

    private static boolean blank(@Nullable String text) {
        return text == null || text.isBlank();
    }

    private static UUID uuid(String name, String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(name + ": there is none of that name, and it is no UUID");
        }
    }

    private static @Nullable OffsetDateTime time(String name, String text) {
        try {
            return blank(text) ? null : OffsetDateTime.parse(text);
        } catch (DateTimeParseException e) {
            throw ApiException.badRequest(name + ": must be a time as in RFC 3339, such as 2026-11-24T21:41:18Z");
        }
    }
}
