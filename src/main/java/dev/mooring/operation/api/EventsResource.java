package dev.mooring.operation.api;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.operation.queue.Moves;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jspecify.annotations.Nullable;

/** Everything that moves in a team, as it moves. */
@Path("/mooring/v1/events")
@Produces(MediaType.SERVER_SENT_EVENTS)
@Tag(name = "Operations")
public class EventsResource {

    /** Shorter than what proxies wait for. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private final Moves moves;
    private final KnownRules rules;
    private final StreamEnds ends;
    private final Caller caller;

    EventsResource(Moves moves, KnownRules rules, StreamEnds ends, Caller caller) {
        this.moves = moves;
        this.rules = rules;
        this.ends = ends;
        this.caller = caller;
    }

    @GET
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    @Operation(
            summary = "Follow all operations of the team",
            description = "Server-sent events. First each operation that has not ended, then each after every move, at"
                    + " least once: an event named operation, whose data is what GET /mooring/v1/operations/{id} calls"
                    + " operation. Comments in between keep the connection open. Who comes back with Last-Event-ID is told"
                    + " what has moved meanwhile, within the last hour. The stream ends with the token.")
    @APIResponse(
            responseCode = "200",
            description = "Operations, as they move",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(implementation = OperationView.class)))
    public Multi<OutboundSseEvent> events(
            @Parameter(description = "Of the last event that was seen") @RestHeader("Last-Event-ID") String last,
            @Context Sse sse) {
        UUID token = caller.token();
        return ends.whileValid(token, all(last, sse));
    }

    /**
     * The same for who has not sent a token.
     *
     * @param goesOn whether what was sent instead has not ended; asked now and then
     */
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    public Multi<OutboundSseEvent> during(Supplier<Uni<Boolean>> goesOn, @Nullable String last, Sse sse) {
        return ends.during(goesOn, all(last, sse));
    }

    private Multi<OutboundSseEvent> all(@Nullable String last, Sse sse) {
        Multi<OutboundSseEvent> moved = moves.of(caller.team(), Set.of(rules.readableKinds()), mark(last))
                .map(event -> sse.newEventBuilder()
                        .id(Long.toString(event.mark()))
                        .name("operation")
                        .mediaType(MediaType.APPLICATION_JSON_TYPE)
                        .data(OperationView.class, OperationView.of(event.operation()))
                        .build());
        // Who follows knows at once that it does: the head of the answer leaves with the first event.
        Multi<OutboundSseEvent> opening =
                Multi.createFrom().item(() -> sse.newEventBuilder().comment("").build());
        Multi<OutboundSseEvent> alive = Multi.createFrom()
                .ticks()
                .every(HEARTBEAT)
                .onOverflow()
                .drop()
                .map(tick -> sse.newEventBuilder().comment("").build());
        return Multi.createBy().merging().streams(opening, moved, alive);
    }

    private static @Nullable Long mark(@Nullable String last) {
        if (last == null || last.isBlank()) {
            return null;
        }
        try {
            return Long.valueOf(last.strip());
        } catch (NumberFormatException e) {
            throw ApiException.badRequest("Last-Event-ID: is not one of this stream");
        }
    }
}
