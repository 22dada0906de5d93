package dev.mooring.process.postgres.session;

import java.util.ArrayList;
import java.util.List;

/**
 * What Mooring's own sessions are told when they are opened. What the owner of a database has set for it ({@code ALTER DATABASE … SET},
 * {@code ALTER ROLE ALL IN DATABASE … SET}) would else change which function a name means, how a literal is read, whom the session acts
 * for, or whether it gets in at all. Settings of the startup packet come before all of these, and {@code RESET} goes back to them.
 */
public final class SessionSettings {

    static final int NEWEST = 18;
    private static final int OLDEST = 13;

    private static final int FIRST_WITH_IDLE_LIMIT = 14;
    private static final int FIRST_WITH_TRANSACTION_LIMIT = 17;

    /** Every role may set these for itself. The temporary schema is last: it is the only one here that somebody can write to. */
    private static final List<String> EVERYBODY = List.of(
            "search_path=pg_catalog,pg_temp",
            "role=none",
            "standard_conforming_strings=on",
            "escape_string_warning=on",
            "backslash_quote=safe_encoding",
            "transform_null_equals=off",
            "array_nulls=on",
            "quote_all_identifiers=off",
            "bytea_output=hex",
            "xmloption=content",
            "intervalstyle=postgres",
            "default_transaction_read_only=off",
            "default_transaction_isolation=read committed",
            "default_transaction_deferrable=off",
            "default_tablespace=",
            "temp_tablespaces=",
            "default_table_access_method=heap",
            "local_preload_libraries=",
            "row_security=on",
            "check_function_bodies=on",
            "constraint_exclusion=partition",
            "jit=off",
            "client_min_messages=notice",
            // Else what is said of passwords is in the server's log.
            "debug_print_parse=off",
            "debug_print_rewritten=off",
            "debug_print_plan=off",
            "password_encryption=scram-sha-256",
            "vacuum_cost_delay=0",
            "statement_timeout=0",
            "idle_in_transaction_session_timeout=0",
            // Mooring does not wait for its own archive: what it has to do may be what the archive waits for.
            "synchronous_commit=local");

    /** Who holds a lock for ever is named by an error, and holds up nobody but this statement. */
    private static final String LOCK_LIMIT = "lock_timeout=30s";

    private static final List<String> SUPERUSER = List.of(
            "session_replication_role=origin",
            "session_preload_libraries=",
            "lc_messages=C",
            // The administrator reads there what was run.
            "pg_stat_statements.track=none");

    private SessionSettings() {}

    /**
     * As the startup packet and {@code PGOPTIONS} have them.
     *
     * @param major version of the server, or one before it: it refuses what it does not know
     */
    public static String options(int major, boolean superuser) {
        List<String> settings = new ArrayList<>(EVERYBODY);
        settings.add(LOCK_LIMIT);
        if (major >= FIRST_WITH_IDLE_LIMIT) {
            settings.add("idle_session_timeout=0");
        }
        if (major >= FIRST_WITH_TRANSACTION_LIMIT) {
            settings.add("transaction_timeout=0");
        }
        if (superuser) {
            settings.addAll(SUPERUSER);
            if (major >= FIRST_WITH_TRANSACTION_LIMIT) {
                settings.add("event_triggers=off");
            }
        }
        StringBuilder options = new StringBuilder();
        for (String setting : settings) {
            options.append(options.isEmpty() ? "-c " : " -c ").append(setting.replace(" ", "\\ "));
        }
        return options.toString();
    }

    /** Those that every version knows. */
    public static String options(boolean superuser) {
        return options(OLDEST, superuser);
    }

    /** Whether the two versions know different settings. */
    static boolean differ(int one, int other) {
        return !options(one, true).equals(options(other, true));
    }

    /** The next version to try with a server that does not know a setting; negative when there is none. */
    static int older(int major) {
        return major >= FIRST_WITH_TRANSACTION_LIMIT
                ? FIRST_WITH_TRANSACTION_LIMIT - 1
                : major >= FIRST_WITH_IDLE_LIMIT ? FIRST_WITH_IDLE_LIMIT - 1 : -1;
    }
}
