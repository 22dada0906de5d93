package dev.mooring.database.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two users of DBOS Cloud's API inside a cluster: one owns what the apps have, the other runs their migrations and acts
 * for the first, so that what one of them has made the other can change.
 */
public record DbosRoles(@Nullable String user, @Nullable String admin) {

    public static final String USER = "user";
    public static final String ADMIN = "admin";

    /** The name of the one that runs migrations. */
    public static final String ADMIN_NAME = "dbosadmin";

    /** The name of the other one in a cluster that was made by other means. */
    public static final String USER_NAME = "dbos_user";

    public static DbosRoles of(List<ClusterUser> users) {
        return new DbosRoles(named(users, USER), named(users, ADMIN));
    }

    private static @Nullable String named(List<ClusterUser> users, String role) {
        return users.stream()
                .filter(user -> role.equals(user.dbosRole) && !user.state.equals(MemberState.REMOVING))
                .map(user -> user.name)
                .findFirst()
                .orElse(null);
    }

    /** Whose rights it has beside its own; null for nobody's. */
    public @Nullable String actsFor(ClusterUser other) {
        return ADMIN.equals(other.dbosRole) ? user : null;
    }
}
