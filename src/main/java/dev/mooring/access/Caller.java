package dev.mooring.access;

import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.RequestScoped;
import java.util.UUID;

/** Who sent the current request. */
@RequestScoped
public class Caller {

    static final String TEAM = "mooring.team";
    static final String TOKEN = "mooring.token";

    private final SecurityIdentity identity;

    Caller(SecurityIdentity identity) {
        this.identity = identity;
    }

    public UUID team() {
        return identity.getAttribute(TEAM);
    }

    public UUID token() {
        return identity.getAttribute(TOKEN);
    }

    public boolean may(String scope) {
        return identity.hasRole(scope);
    }

    /** Whether passwords may be shown. */
    public boolean seesCredentials() {
        return may(Scopes.DATABASE_CREDENTIALS);
    }
}
