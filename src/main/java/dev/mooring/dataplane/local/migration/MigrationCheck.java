package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Looks at both servers before anything is copied: what stands in the way, and whether replication is possible. */
public final class MigrationCheck {

    private static final String OWN = SourceTables.OWN;

    private static final String NOT_OWNED = "select n.nspname || '.' || c.relname from pg_class c"
            + " join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and c.relpersistence = 'p'"
            + " and not pg_has_role(c.relowner, 'USAGE') and " + OWN + " limit 1";

    private static final String MAY_REPLICATE =
            "select (rolreplication or rolsuper)::int from pg_roles where rolname = current_user";

    private static final String SUPERUSER = "select rolsuper::int from pg_roles where rolname = current_user";

    private static final int OLDEST_SOURCE = 10;
    /** In older ones nothing asks whether who writes replicated rows may write them: a source could write into the catalogs. */
    private static final int OLDEST_REPLICATED_INTO = 15;
    /** Of a name that the source gives, PostgreSQL's own limit. */
    private static final int LONGEST_NAME = 63;

    private static final int MOST_DATABASES = 200;
    private static final int MOST_SHOWN = 200;
    /** Each takes one of the server's workers for logical replication, and its copies take the others. */
    private static final int MOST_REPLICATED = 2;

    private final SourceServer source;
    private final PostgresServer target;

    public MigrationCheck(SourceServer source, PostgresServer target) {
        this.source = source;
        this.target = target;
    }

    /**
     * @param databases that come along
     * @param blockers what stands in the way, each with what to do about it
     * @param noReplication why everything can come only once; null when what is written goes on coming
     * @param staying what will not come, with the reason
     * @param loose tables whose updates and deletions cannot be replicated; empty when nothing is
     */
    public record Result(
            List<String> databases,
            List<String> blockers,
            @Nullable String noReplication,
            List<String> staying,
            List<String> loose) {}

    /** @throws SQLException when one of the servers does not answer */
    public Result run() throws SQLException, IOException, InterruptedException {
        List<String> databases = source.databases();
        List<String> blockers = new ArrayList<>();
        if (databases.isEmpty()) {
            blockers.add("the source has no database to bring but those that are ignored");
        }
        int version;
        try (Connection connection = source.open()) {
            version = connection.getMetaData().getDatabaseMajorVersion();
        }
        names(databases, blockers);
        if (version < OLDEST_SOURCE
                || version > Integer.parseInt(target.engine().major())) {
            blockers.add("the source has PostgreSQL " + version + ": it must be " + OLDEST_SOURCE + " to "
                    + target.engine().major() + ", the cluster's own version");
        } else if (Tools.between(Integer.toString(version), target.engine().major())
                .isEmpty()) {
            blockers.add("this machine has no pg_dump of PostgreSQL " + version
                    + " or newer: install one (package postgresql-client-"
                    + target.engine().major()
                    + " of apt.postgresql.org), or name its folder in MOORING_POSTGRES_INSTALLATIONS");
        }
        occupied(databases, blockers);
        if (!blockers.isEmpty()) {
            return new Result(databases, blockers, null, List.of(), List.of());
        }
        String noReplication = noReplication(databases);
        List<String> staying = new ArrayList<>();
        List<String> loose = new ArrayList<>();
        for (String database : databases) {
            try (Connection from = source.open(database);
                    Connection superuser = target.open("postgres")) {
                DatabaseProperties.staying(from, superuser).forEach(what -> staying.add(shown(database) + ": " + what));
                for (SourceTables.Table table : SourceTables.of(from)) {
                    if (noReplication == null && !(table.keyed() && table.logged())) {
                        loose.add(shown(database) + ": " + table.shown());
                    }
                }
            }
        }
        return new Result(databases, blockers, noReplication, staying, loose);
    }

    /** Each becomes a database here, and the source may call them anything. */
    private static void names(List<String> databases, List<String> blockers) {
        if (databases.size() > MOST_DATABASES) {
            blockers.add("the source has " + databases.size() + " databases, more than " + MOST_DATABASES
                    + ": name some in ignore_dbs");
        }
        for (String database : databases) {
            if (database.isBlank()
                    || database.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME
                    || database.chars().anyMatch(Character::isISOControl)) {
                blockers.add(
                        "the source has a database whose name is not one here: name it in ignore_dbs, or rename it: "
                                + shown(database));
                return;
            }
        }
    }

    /** What the source calls something, as far as a message has room for it. */
    static String shown(String name) {
        String line = name.replaceAll("\\p{Cntrl}", "?");
        return line.length() > MOST_SHOWN ? line.substring(0, MOST_SHOWN) + "…" : line;
    }

    /** The same of what somebody has failed with. */
    static String shown(Exception failure) {
        return shown(Objects.requireNonNullElse(
                failure.getMessage(), failure.getClass().getSimpleName()));
    }

    private void occupied(List<String> databases, List<String> blockers) throws SQLException {
        List<String> present = target.databases();
        for (String database : databases) {
            if (present.contains(database)) {
                try (Connection connection = target.open(database)) {
                    List<String> found = PostgresServer.strings(
                            connection,
                            "select format('%I.%I', n.nspname, c.relname) from pg_class c"
                                    + " join pg_namespace n on n.oid = c.relnamespace where " + OWN + " limit 1");
                    if (!found.isEmpty()) {
                        blockers.add("the cluster's database " + database + " is not empty, it holds "
                                + found.getFirst() + ": name it in ignore_dbs, or empty it");
                    }
                }
            }
        }
    }

    private @Nullable String noReplication(List<String> databases) throws SQLException {
        if (Integer.parseInt(target.engine().major()) < OLDEST_REPLICATED_INTO) {
            return "PostgreSQL " + target.engine().major()
                    + " would write what the source sends with more rights than the" + " source may have; "
                    + OLDEST_REPLICATED_INTO + " and later do not";
        }
        if (!source.hasPasswordLine()) {
            return "the password has a control character in it";
        }
        if (databases.size() > MOST_REPLICATED) {
            return "there are " + databases.size() + " databases, replication works for up to " + MOST_REPLICATED
                    + " at a time";
        }
        boolean superuser;
        try (Connection connection = source.open()) {
            String level = PostgresServer.strings(connection, "show wal_level").getFirst();
            if (!level.equals("logical")) {
                return "the source's wal_level is " + shown(level) + ", not logical";
            }
            if (PostgresServer.number(connection, MAY_REPLICATE) == 0) {
                return "the source's user " + source.source().user() + " has no REPLICATION attribute";
            }
            superuser = PostgresServer.number(connection, SUPERUSER) == 1;
        }
        for (String database : databases) {
            try (Connection connection = source.open(database)) {
                List<String> others = superuser ? List.of() : PostgresServer.strings(connection, NOT_OWNED);
                if (!others.isEmpty()) {
                    return "the user " + source.source().user() + " does not own the table " + shown(others.getFirst())
                            + " of " + database;
                }
                String why =
                        FirstCopy.refusal(connection, database, source.source().user());
                if (why != null) {
                    return why;
                }
            }
        }
        return null;
    }
}
