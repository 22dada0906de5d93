package dev.mooring.access.session;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** The console's cookie, on the console's paths. */
@ApplicationScoped
class SessionMechanism implements HttpAuthenticationMechanism {

    private final Sessions sessions;
    private final Transport transport;

    SessionMechanism(Sessions sessions, Transport transport) {
        this.sessions = sessions;
        this.transport = transport;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext context, IdentityProviderManager manager) {
        // Every request of the API comes past here.
        if (!SessionCookie.counts(context.request().path())) {
            return Uni.createFrom().nullItem();
        }
        String secret = transport.safe(context.request())
                ? SessionCookie.read(context, transport.secure(context.request()))
                : null;
        return secret == null ? Uni.createFrom().nullItem() : sessions.find(secret);
    }

    /** The pages themselves ask people to sign in. */
    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext context) {
        return Uni.createFrom().nullItem();
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return Set.of();
    }

    @Override
    public Uni<HttpCredentialTransport> getCredentialTransport(RoutingContext context) {
        return Uni.createFrom()
                .item(new HttpCredentialTransport(HttpCredentialTransport.Type.COOKIE, "mooring-console"));
    }
}
