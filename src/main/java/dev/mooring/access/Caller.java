package dev.mooring.access;

import dev.mooring.web.ApiException;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.RequestScoped;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Who sent the current request. */
@RequestScoped
public class Caller {

    private static final int CONFLICT = 409;

    static final String TEAM = "mooring.team";
    static final String TOKEN = "mooring.token";
    static final String ORGANIZATION = "mooring.organization";
    static final String USER = "mooring.user";
    static final String TOKEN_NAME = "mooring.token-name";
    static final String SCOPES = "mooring.scopes";
    static final String CREATED = "mooring.created";
    static final String EXPIRES = "mooring.expires";

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

    /** What the token is for, as its maker said. */
    public @Nullable String tokenName() {
        return identity.getAttribute(TOKEN_NAME);
    }

    /** As they were given: {@code *} is not told apart. */
    public List<String> scopes() {
        return identity.getAttribute(SCOPES);
    }

    public OffsetDateTime tokenCreatedAt() {
        return identity.getAttribute(CREATED);
    }

    /** Null for a token that does not end by itself. */
    public @Nullable OffsetDateTime tokenExpiresAt() {
        return identity.getAttribute(EXPIRES);
    }

    /** The team's name. */
    public @Nullable String organization() {
        return identity.getAttribute(ORGANIZATION);
    }

    /** The name that the token was registered under; the team's for a token that never was. */
    public @Nullable String user() {
        String user = identity.getAttribute(USER);
        return user == null ? organization() : user;
    }

    /** Whether the token was registered under a name of its own. */
    public boolean registered() {
        return identity.getAttribute(USER) != null;
    }

    /** The name that the token was registered under; null for one that never was. */
    public @Nullable String registeredUser() {
        return identity.getAttribute(USER);
    }

    public boolean may(String scope) {
        return identity.hasRole(scope);
    }

    /**
     * Keeps callers from shutting themselves out by mistake.
     *
     * @param token that is to be revoked
     * @param force whether the caller has said that it is meant
     * @throws ApiException 409 when it is the one that the request is sent with
     */
    public void requireOther(UUID token, boolean force) {
        if (token.equals(token()) && !force) {
            throw new ApiException(
                    CONFLICT,
                    "this is the token that the request itself is sent with, which nothing can be done with afterwards;"
                            + " nothing was revoked: say ?force=true if it is meant, or use another token");
        }
    }

    /** Whether passwords may be shown. */
    public boolean seesCredentials() {
        return may(Scopes.DATABASE_CREDENTIALS);
    }
}
