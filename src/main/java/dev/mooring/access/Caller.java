package dev.mooring.access;

import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.RequestScoped;
import java.util.UUID;

/** Who sent the current request. */
@RequestScoped
public class Caller {

    static final String TEAM = "mooring.team";
    static final String TOKEN = "mooring.token";
    static final String ORGANIZATION = "mooring.organization";
    static final String USER = "mooring.user";

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

    /** The team's name; null for nobody. */
    public String organization() {
        return identity.getAttribute(ORGANIZATION);
    }

    /** The name that the token was registered under; the team's for a token that never was. */
    public String user() {
        String user = identity.getAttribute(USER);
        return user == null ? organization() : user;
    }

    /** Whether the token was registered under a name of its own. */
    public boolean registered() {
        return identity.getAttribute(USER) != null;
    }

    public boolean may(String scope) {
        return identity.hasRole(scope);
    }

    /** Whether passwords may be shown. */
    public boolean seesCredentials() {
        return may(Scopes.DATABASE_CREDENTIALS);
    }
}
