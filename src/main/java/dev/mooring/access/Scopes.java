package dev.mooring.access;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a token may do. The names are the API's own; {@code *} is everything. */
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
    public static final String ACCOUNT_READ = "account:read";
    public static final String TOKEN_MANAGE = "token:manage";
    public static final String OPERATION_RUN = "operation:run";
    public static final String METRICS_READ = "metrics:read";

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
            ACCOUNT_READ,
            TOKEN_MANAGE,
            OPERATION_RUN,
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

    /** What the scopes of a token stand for. */
    public static Set<String> expand(String scopes) {
        Set<String> expanded = new TreeSet<>(List.of(scopes.split(" ")));
        if (expanded.contains(ALL)) {
            expanded.addAll(KNOWN);
        }
        return expanded;
    }
}
