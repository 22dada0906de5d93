package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.Side;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Extensions that only a superuser can make. Those that PostgreSQL calls trusted come with the dump, made by who restores it; of the others
 * some that only measure are made beforehand, before anything of the source is there.
 */
final class Extensions {

    /** All of them keep what they show from whoever is no monitor. */
    private static final Set<String> MEASURING =
            Set.of("pg_stat_statements", "pg_buffercache", "pgrowlocks", "pgstattuple", "pg_freespacemap");

    private static final Pattern ENTRY = Pattern.compile(";.* (?:EXTENSION - |COMMENT - EXTENSION )(\\w+)\\b.*");

    private Extensions() {}

    /** Makes those of the source's that it may have. */
    static List<String> make(Connection source, Connection superuser) throws SQLException {
        List<String> available = Side.strings(superuser, "select name from pg_available_extensions");
        List<String> made = Side.strings(
                        source,
                        "select e.extname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n"
                                + " on n.oid = e.extnamespace where n.nspname = 'public'")
                .stream()
                .filter(name -> MEASURING.contains(name) && available.contains(name))
                .distinct()
                .toList();
        for (String name : made) {
            Side.execute(superuser, "create extension " + name + " schema public");
        }
        return made;
    }

    /** A dump's list of contents without them. */
    static String without(List<String> made, String contents) {
        return contents.lines()
                .filter(line -> {
                    var entry = ENTRY.matcher(line);
                    return !entry.matches() || !made.contains(entry.group(1));
                })
                .collect(Collectors.joining("\n", "", "\n"));
    }
}
