package dev.mooring.engine.postgres;

import dev.mooring.web.Problems;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of users and databases inside a PostgreSQL cluster. */
public final class PgNames {

    /** Within PostgreSQL's 63 bytes; no character that a URL, a shell or pg_hba.conf reads as something else. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,62}");

    private static final String OWN_PREFIX = "mooring_";

    private static final Set<String> RESERVED_USERS =
            Set.of("postgres", "public", "none", "current_user", "session_user", "current_role", "all", "replication");
    private static final Set<String> RESERVED_DATABASES =
            Set.of("postgres", "template0", "template1", "all", "sameuser", "samerole", "replication");

    private PgNames() {}

    public static void checkUser(Problems problems, @Nullable String name) {
        if (check(problems, name) && name != null) {
            problems.check(
                    userIsFree(name),
                    "name",
                    name + " is reserved"
                            + (name.startsWith(OWN_PREFIX)
                                    ? ": roles whose names begin with " + OWN_PREFIX + " are Mooring's own"
                                    : ""));
        }
    }

    public static boolean userIsFree(String name) {
        return !RESERVED_USERS.contains(name) && !name.startsWith("pg_") && !name.startsWith(OWN_PREFIX);
    }

    public static void checkDatabase(Problems problems, @Nullable String name) {
        if (check(problems, name)) {
            problems.check(!RESERVED_DATABASES.contains(name), "name", name + " is reserved");
        }
    }

    /** What stands in place of a database's name where clients connect to a pool. */
    public static void checkPool(Problems problems, @Nullable String name, int shortest) {
        if (check(problems, name) && name != null) {
            problems.check(name.length() >= shortest, "name", "must have at least " + shortest + " characters");
            problems.check(
                    !name.equals("pgbouncer") && !name.startsWith(OWN_PREFIX) && !RESERVED_DATABASES.contains(name),
                    "name",
                    name + " is reserved");
        }
    }

    private static boolean check(Problems problems, @Nullable String name) {
        return problems.check(
                name != null && NAME.matcher(name).matches(),
                "name",
                "must have 1 to 63 letters, digits, underscores, dots and dashes, and begin with a letter or underscore");
    }
}
