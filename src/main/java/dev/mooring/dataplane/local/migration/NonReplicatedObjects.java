package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a dump holds and no role of the cluster may make, and no row depends on: it stays where it is, by name. Whatever else cannot be made
 * is for the source's owner to decide about, see {@link SchemaTrial}.
 */
final class NonReplicatedObjects {

    /** As pg_restore lists an entry: numbers, kind, schema or a dash, name, owner. */
    private static final Pattern ENTRY = Pattern.compile("\\d+; \\d+ \\d+ (?:COMMENT \\S+ )?(EXTENSION|EVENT TRIGGER"
            + "|FOREIGN DATA WRAPPER|USER MAPPING|FOREIGN TABLE|SERVER) (.*)");

    private final Set<String> extensions;

    private NonReplicatedObjects(Set<String> extensions) {
        this.extensions = extensions;
    }

    /** @param superuser in any database of the cluster */
    static NonReplicatedObjects of(Connection superuser) throws SQLException {
        Set<String> extensions = new HashSet<>(PostgresServer.strings(
                superuser, "select name from pg_available_extension_versions where trusted or not superuser"));
        extensions.add("plpgsql");
        return new NonReplicatedObjects(extensions);
    }

    /**
     * @param contents the list for pg_restore
     * @param names what is not in it, with the reason
     */
    record Result(String contents, List<String> names) {}

    Result from(String contents) {
        List<String> names = new ArrayList<>();
        String kept = contents.lines().filter(line -> keeps(line, names)).collect(Collectors.joining("\n", "", "\n"));
        return new Result(kept, names);
    }

    private boolean keeps(String line, List<String> names) {
        Matcher entry = ENTRY.matcher(line);
        if (!entry.matches()) {
            return true;
        }
        String kind = entry.group(1);
        String[] words = entry.group(2).split(" ");
        String name = words[0].equals("-") && words.length > 1 ? words[1] : words[0];
        if (kind.equals("EXTENSION") && extensions.contains(name)) {
            return true;
        }
        if (!line.contains(" COMMENT ")) {
            String shown = kind.equals("FOREIGN TABLE") && words.length > 1 ? name + "." + words[1] : name;
            names.add(kind.toLowerCase(java.util.Locale.ROOT) + " " + MigrationCheck.shown(shown) + ": "
                    + (kind.equals("EXTENSION")
                            ? "not for users here, or not here"
                            : "only a superuser could make it"));
        }
        return false;
    }
}
