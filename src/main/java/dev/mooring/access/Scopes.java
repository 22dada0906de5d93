package dev.mooring.access;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a token may do. The names are the API's own; {@code *} is everything that a team may do. Some reach beyond a team: only
 * tokens of the team that administers the installation have them, and only there {@code *} includes them.
 */
public final class Scopes {

    public static final String ALL = "*";
    public static final String DATABASE_READ = "database:read";
    public static final String DATABASE_CREATE = "database:create";
    public static final String DATABASE_UPDATE = "database:update";
    public static final String DATABASE_DELETE = "database:delete";
    public static final String DATABASE_CREDENTIALS = "database:view_credentials";
    public static final String APP_READ = "app:read";
    public static final String APP_CREATE = "app:create";
    public static final String APP_UPDATE = "app:update";
    public static final String APP_DELETE = "app:delete";
    public static final String TAG_READ = "tag:read";
    public static final String TAG_CREATE = "tag:create";
    public static final String TAG_DELETE = "tag:delete";
    public static final String VPC_READ = "vpc:read";
    public static final String PROJECT_READ = "project:read";
    public static final String PROJECT_CREATE = "project:create";
    public static final String PROJECT_UPDATE = "project:update";
    public static final String PROJECT_DELETE = "project:delete";
    public static final String ACCOUNT_READ = "account:read";
    public static final String TOKEN_MANAGE = "token:manage";
    public static final String AUDIT_READ = "audit:read";
    public static final String OPERATION_RUN = "operation:run";
    public static final String METRICS_READ = "metrics:read";
    public static final String TEAM_CREATE = "team:create";
    public static final String TEAM_READ = "team:read";
    public static final String TEAM_UPDATE = "team:update";
    public static final String TEAM_DELETE = "team:delete";

    /** What reaches beyond a team. */
    private static final Set<String> INSTALLATION =
            Set.of(OPERATION_RUN, METRICS_READ, TEAM_CREATE, TEAM_READ, TEAM_UPDATE, TEAM_DELETE);

    private static final Set<String> KNOWN = new TreeSet<>(List.of(
            DATABASE_READ,
            DATABASE_CREATE,
            DATABASE_UPDATE,
            DATABASE_DELETE,
            DATABASE_CREDENTIALS,
            TAG_READ,
            TAG_CREATE,
            TAG_DELETE,
            VPC_READ,
            PROJECT_READ,
            PROJECT_CREATE,
            PROJECT_UPDATE,
            PROJECT_DELETE,
            ACCOUNT_READ,
            TOKEN_MANAGE,
            AUDIT_READ,
            OPERATION_RUN,
            TEAM_CREATE,
            TEAM_READ,
            TEAM_UPDATE,
            TEAM_DELETE,
            METRICS_READ,
            APP_READ,
            APP_CREATE,
            APP_UPDATE,
            APP_DELETE,
            "app:access_console",
            "project:assign_resource"));

    private Scopes() {}

    public static Set<String> known() {
        return KNOWN;
    }

    static boolean reachesBeyondTeam(String scope) {
        return INSTALLATION.contains(scope);
    }

    /**
     * What the scopes of a token stand for.
     *
     * @param administers whether the token's team administers the installation
     */
    static Set<String> expand(String scopes, boolean administers) {
        Set<String> expanded = new TreeSet<>(List.of(scopes.split(" ")));
        if (expanded.contains(ALL)) {
            expanded.addAll(KNOWN);
        }
        if (!administers) {
            expanded.removeAll(INSTALLATION);
        }
        return expanded;
    }
}
