package dev.mooring.audit;

import dev.mooring.access.Caller;
import dev.mooring.access.session.SessionCookie;
import dev.mooring.operation.queue.Queued;
import dev.mooring.web.Announcements;
import dev.mooring.web.ClientAddress;
import dev.mooring.web.Effects;
import dev.mooring.web.RequestId;
import io.quarkus.arc.Arc;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.ext.Provider;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestFilter;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerResponseFilter;
import org.jspecify.annotations.Nullable;

/**
 * Writes down each request that may change something: before it is carried out, so that no change is without its entry whenever
 * the process is killed, and again before its answer leaves, with what came of it. Requests that only read pass untouched.
 */
@Provider
@ApplicationScoped
@Priority(Priorities.USER + 500)
public class AuditFilter
        implements ResteasyReactiveContainerRequestFilter, ResteasyReactiveContainerResponseFilter, Announcements {

    private static final Logger LOG = Logger.getLogger(AuditFilter.class);
    private static final String ENTRY = "mooring.audit-entry";
    private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");
    /** A timer's call, each minute, that changes nothing which nobody had asked for. */
    private static final String TICK = "/mooring/v1/tick";
    /** Most of what is sent there only reads; it announces what does not. */
    private static final String ANNOUNCES = "/mooring/v1/mcp";

    private static final Set<Integer> REFUSED = Set.of(401, 403);
    private static final int BEARER_LENGTH = "Bearer ".length();

    private final AuditTrail trail;
    private final Refusals refusals;
    private final Caller caller;
    private final Effects effects;
    private final RequestId requestId;
    private final ClientAddress address;
    private final RoutingContext routing;

    AuditFilter(
            AuditTrail trail,
            Refusals refusals,
            Caller caller,
            Effects effects,
            RequestId requestId,
            ClientAddress address,
            RoutingContext routing) {
        this.trail = trail;
        this.refusals = refusals;
        this.caller = caller;
        this.effects = effects;
        this.requestId = requestId;
        this.address = address;
        this.routing = routing;
    }

    @Override
    public void filter(ResteasyReactiveContainerRequestContext request) {
        if (!mayChange(request) || isNobodyAtTheConsole() || announces(endpoint(request))) {
            return;
        }
        AuditTrail.Asked asked = asked(request);
        request.suspend();
        trail.asked(asked)
                .subscribe()
                .with(
                        written -> {
                            routing.put(ENTRY, asked.id());
                            request.resume();
                        },
                        request::resume);
    }

    @Override
    public void filter(ResteasyReactiveContainerRequestContext request, ContainerResponseContext response) {
        UUID entry = routing.get(ENTRY);
        int status = effects.status() == 0 ? response.getStatus() : effects.status();
        Uni<Void> writing = entry != null
                ? trail.ended(outcome(entry, status, 0))
                : REFUSED.contains(status) && mayChange(request)
                        ? refused(request, status)
                        : isNobodyAtTheConsole() && effects.kind() != null ? signedIn(request, status) : null;
        if (writing == null) {
            return;
        }
        request.suspend();
        writing.subscribe().with(written -> request.resume(), failure -> {
            // What was done is done, and its entry says that it was asked for.
            LOG.errorf("the audit trail lacks what came of request %s: %s", requestId.value(), failure.getMessage());
            request.resume();
        });
    }

    /** Null when it is left out. */
    private @Nullable Uni<Void> refused(ResteasyReactiveContainerRequestContext request, int status) {
        AuditTrail.Asked asked = asked(request);
        OptionalInt omitted = refusals.admit(
                asked.token() == null ? asked.address() : asked.token().toString());
        return omitted.isEmpty() ? null : trail.refused(asked, outcome(asked.id(), status, omitted.getAsInt()));
    }

    /** The console's own forms refuse nobody, and nobody can fill the trail with them. */
    private boolean isNobodyAtTheConsole() {
        return caller.token() == null && SessionCookie.counts(routing.request().path());
    }

    /** Somebody now: as whom, its subject says. */
    private Uni<Void> signedIn(ResteasyReactiveContainerRequestContext request, int status) {
        AuditTrail.Asked asked = asked(request);
        return trail.refused(asked, outcome(asked.id(), status, 0));
    }

    private boolean mayChange(ResteasyReactiveContainerRequestContext request) {
        return !READS.contains(request.getMethod())
                && target(request).getTarget() != null
                && !TICK.equals(routing.request().path());
    }

    private static ResteasyReactiveRequestContext target(ResteasyReactiveContainerRequestContext request) {
        return (ResteasyReactiveRequestContext) request.getServerRequestContext();
    }

    @Override
    public Uni<Void> announce(String kind, @Nullable String id, Map<String, String> parameters) {
        Map<String, String> shown = Subject.shown(parameters, token());
        AuditTrail.Asked asked =
                asked("POST", ANNOUNCES, shown, new Subject(kind, shown.containsValue(id) ? id : null));
        return trail.asked(asked).invoke(() -> routing.put(ENTRY, asked.id()));
    }

    private static boolean announces(String endpoint) {
        return ANNOUNCES.equals(endpoint);
    }

    private static String endpoint(ResteasyReactiveContainerRequestContext request) {
        var target = target(request).getTarget();
        String endpoint = (target.getClassPath().template + target.getPath().template).replaceAll("/+", "/");
        return endpoint.length() > 1 && endpoint.endsWith("/")
                ? endpoint.substring(0, endpoint.length() - 1)
                : endpoint;
    }

    private AuditTrail.Asked asked(ResteasyReactiveContainerRequestContext request) {
        String endpoint = endpoint(request);
        Map<String, String> parameters = Subject.shown(parameters(request), token());
        return asked(request.getMethod(), endpoint, parameters, Subject.of(endpoint, parameters));
    }

    private AuditTrail.Asked asked(String method, String endpoint, Map<String, String> parameters, Subject subject) {
        return new AuditTrail.Asked(
                UUID.randomUUID(),
                caller.team(),
                caller.organization(),
                caller.token(),
                caller.tokenName(),
                caller.registeredUser(),
                address.of(routing.request()),
                method,
                endpoint,
                parameters,
                subject,
                requestId.value());
    }

    private static Map<String, String> parameters(ResteasyReactiveContainerRequestContext request) {
        Map<String, String> parameters = new HashMap<>();
        request.getUriInfo()
                .getPathParameters()
                .forEach((name, values) -> parameters.put(name, values.isEmpty() ? "" : values.getFirst()));
        return parameters;
    }

    private @Nullable String token() {
        String header = routing.request().getHeader(HttpHeaders.AUTHORIZATION);
        return header == null || header.length() <= BEARER_LENGTH
                ? null
                : header.substring(BEARER_LENGTH).strip();
    }

    private AuditTrail.Outcome outcome(UUID entry, int status, int omitted) {
        List<UUID> operations = effects.operations();
        return new AuditTrail.Outcome(entry, status, effects.kind(), effects.id(), operations, omitted);
    }

    /** Also told where no request is: the schedule queues operations too. */
    void queued(@Observes Queued queued) {
        if (Arc.container().requestContext().isActive()) {
            effects.queued(queued.operation(), queued.subject());
        }
    }
}
