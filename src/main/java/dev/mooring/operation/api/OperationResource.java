package dev.mooring.operation.api;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.operation.Conflict;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationFilter;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** Progress, steps and receipts of long work, and the wishes about it. */
@Path("/mooring/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Operations")
public class OperationResource {

    private static final Duration LONGEST_TICK = Duration.ofSeconds(55);

    private final Operations operations;
    private final KnownRules rules;
    private final StreamEnds ends;
    private final Caller caller;

    OperationResource(Operations operations, KnownRules rules, StreamEnds ends, Caller caller) {
        this.operations = operations;
        this.rules = rules;
        this.ends = ends;
        this.caller = caller;
    }

    public record OperationEnvelope(OperationView operation) {}

    public record OperationList(List<OperationView> operations, Page.Links links, Page.Meta meta) {}

    public record TickResult(
            @Schema(description = "How many due operations were taken up")
            int started) {}

    @GET
    @Path("operations")
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    @org.eclipse.microprofile.openapi.annotations.Operation(
            summary = "List operations, newest first",
            description =
                    "Those of databases for database:read, those of apps for app:read. Several states have commas between them,"
                            + " such as queued,running for all that have not ended.")
    public Uni<OperationList> list(
            @RestQuery("cluster_id") @Nullable String clusterId,
            @RestQuery("app_id") @Nullable String appId,
            @RestQuery @Nullable String state,
            @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return find(clusterId, appId, state, request)
                .map(found -> Page.of(found.operations(), found.total(), request, uri))
                .map(page -> new OperationList(page.items(), page.links(), page.meta()));
    }

    /** @param total how many there are in all */
    public record Found(List<OperationView> operations, int total) {}

    /** What the list has, for who follows no links. */
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    public Uni<Found> find(
            @Nullable String clusterId, @Nullable String appId, @Nullable String state, Page.Request request) {
        OperationFilter filter = filter(subject(clusterId, "cluster_id", subject(appId, "app_id", null)), state);
        return Uni.combine()
                .all()
                .unis(operations.list(filter, request.limit(), request.offset()), operations.count(filter))
                .with((found, total) -> new Found(views(found), total));
    }

    /**
     * The same for who does not ask how many there are.
     *
     * @param subject id of a cluster or an app; null for those of all
     * @param state null for any
     */
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    public Uni<List<OperationView>> newest(@Nullable String subject, @Nullable String state, Page.Request request) {
        OperationFilter filter = filter(subject(subject, "cluster_id or app_id", null), state);
        return operations.list(filter, request.limit(), request.offset()).map(OperationResource::views);
    }

    /**
     * The same of some kinds alone.
     *
     * @param doneSince those that were done then or later, RFC 3339; null for all, whatever has become of them
     */
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    public Uni<List<OperationView>> newestOf(
            String subject, Set<String> kinds, @Nullable String doneSince, Page.Request request) {
        OperationFilter filter = new OperationFilter(
                caller.team(),
                subject(subject, "cluster_id or app_id", null),
                doneSince == null ? Set.of() : Set.of(OperationState.DONE),
                Arrays.stream(rules.readableKinds()).filter(kinds::contains).toArray(String[]::new),
                doneSince == null ? null : OffsetDateTime.parse(doneSince));
        return operations.list(filter, request.limit(), request.offset()).map(OperationResource::views);
    }

    private OperationFilter filter(@Nullable UUID subject, @Nullable String state) {
        return new OperationFilter(caller.team(), subject, states(state), rules.readableKinds(), null);
    }

    private static List<OperationView> views(List<Operation> operations) {
        return operations.stream().map(OperationView::of).toList();
    }

    @GET
    @Path("operations/{id}")
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    @org.eclipse.microprofile.openapi.annotations.Operation(summary = "One operation")
    public Uni<OperationEnvelope> get(String id) {
        return rules.readable(id).map(operation -> new OperationEnvelope(OperationView.of(operation)));
    }

    @GET
    @Readable
    @Path("operations/{id}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    @org.eclipse.microprofile.openapi.annotations.Operation(
            summary = "Follow an operation",
            description =
                    "Server-sent events: the operation as it is and after each move, until it has ended, or the token"
                            + " has.")
    public Multi<OperationView> events(String id) {
        UUID token = caller.token();
        return rules.readable(id)
                .onItem()
                .transformToMulti(operation -> ends.whileValid(token, operations.watch(operation.id())))
                .map(OperationView::of);
    }

    /** Whether the caller may end such an operation, or ask for it again. */
    @RolesAllowed({Scopes.DATABASE_READ, Scopes.APP_READ})
    public boolean mayChange(String kind) {
        return rules.mayChange(kind);
    }

    @POST
    @Path("operations/{id}/cancel")
    @RolesAllowed({
        Scopes.DATABASE_CREATE,
        Scopes.DATABASE_UPDATE,
        Scopes.DATABASE_DELETE,
        Scopes.APP_UPDATE,
        Scopes.APP_DELETE
    })
    @org.eclipse.microprofile.openapi.annotations.Operation(
            summary = "Ask an operation to end",
            description =
                    "It rolls back at its next step, unless it is past the point of no return. Needs the scope of the"
                            + " change itself.")
    public Uni<OperationEnvelope> cancel(String id) {
        return rules.find(id)
                .invoke(rules::requireChange)
                .chain(operation -> operations.cancel(operation.id()))
                .map(operation -> {
                    if (operation == null) {
                        throw new ApiException(412, "the operation has ended already");
                    }
                    return new OperationEnvelope(OperationView.of(operation));
                });
    }

    @POST
    @Path("operations/{id}/retry")
    @RolesAllowed({
        Scopes.DATABASE_CREATE,
        Scopes.DATABASE_UPDATE,
        Scopes.DATABASE_DELETE,
        Scopes.APP_UPDATE,
        Scopes.APP_DELETE
    })
    @org.eclipse.microprofile.openapi.annotations.Operation(
            summary = "Ask again for what an operation did not do",
            description =
                    "As if it were asked for now: with the settings, trusted sources and spec of today, and the scope"
                            + " of the change itself. The answer is the new operation. One that waits looks again at once, and is"
                            + " the answer itself. 422 says what to call where nothing is left that could be asked for again.")
    public Uni<OperationEnvelope> retry(String id) {
        return rules.find(id)
                .chain(operation -> {
                    OperationRules its = rules.requireChange(operation);
                    return switch (operation.state()) {
                        case QUEUED -> operations.lookAgain(operation.id());
                        case FAILED, CANCELLED -> its.again(operation).chain(operations::find);
                        case RUNNING, DONE -> Uni.createFrom().<Operation>nullItem();
                    };
                })
                .onFailure(Conflict.class)
                .transform(conflict -> ApiException.busy())
                .map(operation -> {
                    if (operation == null) {
                        throw new ApiException(
                                412, "only an operation that waits, has failed or was cancelled can be retried");
                    }
                    return new OperationEnvelope(OperationView.of(operation));
                });
    }

    @POST
    @Path("tick")
    @RolesAllowed(Scopes.OPERATION_RUN)
    @ResponseStatus(200)
    @org.eclipse.microprofile.openapi.annotations.Operation(
            summary = "Run what is due",
            description = "For deployments where no worker stays up: a timer calls this.")
    public Uni<TickResult> tick() {
        return operations.tick(LONGEST_TICK).map(TickResult::new);
    }

    private static @Nullable UUID subject(@Nullable String text, String name, @Nullable UUID otherwise) {
        if (text == null || text.isBlank()) {
            return otherwise;
        }
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(name + ": is not a UUID");
        }
    }

    private static Set<OperationState> states(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return Set.of();
        }
        try {
            return Arrays.stream(text.split(",", -1))
                    .map(name -> OperationState.valueOf(name.strip().toUpperCase(Locale.ROOT)))
                    .collect(Collectors.toSet());
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(
                    "state: must be of queued, running, done, failed, cancelled; several have commas between them");
        }
    }
}
