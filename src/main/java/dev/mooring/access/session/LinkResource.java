package dev.mooring.access.session;

import dev.mooring.access.Caller;
import dev.mooring.web.ApiException;
import dev.mooring.web.Effects;
import dev.mooring.web.Formats;
import io.quarkus.security.Authenticated;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Clock;
import java.time.Instant;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** From a terminal into the browser. */
@Path("/mooring/v1/console/links")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Access")
public class LinkResource {

    private final Sessions sessions;
    private final Caller caller;
    private final Effects effects;
    private final Clock clock;
    private final boolean enabled;

    LinkResource(
            Sessions sessions,
            Caller caller,
            Effects effects,
            Clock clock,
            @ConfigProperty(name = "mooring.console", defaultValue = "true") boolean enabled) {
        this.sessions = sessions;
        this.caller = caller;
        this.effects = effects;
        this.clock = clock;
        this.enabled = enabled;
    }

    @Schema(name = "ConsoleLink")
    public record Link(
            @Schema(
                    description =
                            "Signs in once. Its code stands behind the #, which browsers send nowhere by themselves")
            String url,

            @Schema(description = "RFC 3339") @Nullable String expiresAt) {}

    public record LinkEnvelope(Link consoleLink) {}

    @POST
    @Authenticated
    @ResponseStatus(201)
    @Operation(
            summary = "A link that signs in to the console",
            description = "As the token of the request, once, within a minute. The session ends with the token.")
    public Uni<LinkEnvelope> create(@Context UriInfo uri) {
        if (!enabled) {
            throw ApiException.notFound("there is no console here: MOORING_CONSOLE is false");
        }
        effects.subject("token", caller.token().toString());
        Instant end = clock.instant().plus(Sessions.LINK_LIFE);
        return sessions.link(caller.token())
                .map(code -> new LinkEnvelope(
                        new Link(uri.getBaseUri().resolve("/console/login") + "#" + code, Formats.time(end))));
    }
}
