package dev.mooring.dboscloud.instance;

import dev.mooring.database.cluster.DbosRoles;
import dev.mooring.engine.postgres.PgNames;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What DBOS Cloud's guide asks of names and passwords. Its clients check next to nothing themselves. */
final class InstanceRules {

    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{3,16}");
    private static final Pattern USER = Pattern.compile("[a-z][a-z0-9_]{2,15}");
    private static final Pattern PASSWORD = Pattern.compile("[\\x21-\\x7e]{8,128}");
    private static final Pattern REFUSED = Pattern.compile("[/\"@'\\\\]");
    private static final Set<String> RESERVED = Set.of(DbosRoles.ADMIN_NAME, "dbos", "admin", PostgresEngine.ADMIN);

    private InstanceRules() {}

    static void name(Problems problems, String field, @Nullable String name) {
        problems.check(
                name != null && NAME.matcher(name).matches(),
                field,
                "invalid database instance name" + shown(name)
                        + ": must have 3 to 16 lower-case letters, digits and underscores");
    }

    static void user(Problems problems, String field, @Nullable String name) {
        if (problems.check(
                        name != null && USER.matcher(name).matches(),
                        field,
                        "invalid database username" + shown(name)
                                + ": must have 3 to 16 lower-case letters, digits and underscores, and begin with a letter")
                && name != null) {
            problems.check(
                    !RESERVED.contains(name) && PgNames.userIsFree(name),
                    field,
                    "the username " + name + " is reserved");
        }
    }

    static void password(Problems problems, String field, @Nullable String password) {
        problems.check(
                password != null
                        && PASSWORD.matcher(password).matches()
                        && !REFUSED.matcher(password).find(),
                field,
                "must have 8 to 128 ASCII characters, none of them a space or one of / \\ \" @ '");
    }

    /** Fails with 400. */
    static Instant timestamp(String field, @Nullable String text) {
        try {
            return OffsetDateTime.parse(text == null ? "" : text).toInstant();
        } catch (DateTimeException e) {
            throw ApiException.badRequest(
                    field + ":" + shown(text) + " must be a time as in RFC 3339, such as 2026-11-24T21:41:18Z");
        }
    }

    private static String shown(@Nullable String text) {
        return text == null ? "" : " " + (text.length() > 64 ? text.substring(0, 64) + "…" : text);
    }
}
