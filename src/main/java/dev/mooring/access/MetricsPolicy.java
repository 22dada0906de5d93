package dev.mooring.access;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Mooring's own metrics are for tokens with {@link Scopes#METRICS_READ}, unless {@code MOORING_METRICS_PUBLIC} opens them to
 * whoever reaches the port. Which paths are theirs is in application.properties.
 */
@ApplicationScoped
class MetricsPolicy implements HttpSecurityPolicy {

    private final boolean open;

    MetricsPolicy(@ConfigProperty(name = "mooring.metrics.public", defaultValue = "false") boolean open) {
        this.open = open;
    }

    @Override
    public String name() {
        return "metrics";
    }

    /** Refuses with 401 who has no token, and with 403 who has one that lacks the scope. */
    @Override
    public Uni<CheckResult> checkPermission(
            RoutingContext request, Uni<SecurityIdentity> identity, AuthorizationRequestContext context) {
        if (open) {
            return CheckResult.permit();
        }
        return identity.map(caller -> caller.hasRole(Scopes.METRICS_READ) ? CheckResult.PERMIT : CheckResult.DENY);
    }
}
