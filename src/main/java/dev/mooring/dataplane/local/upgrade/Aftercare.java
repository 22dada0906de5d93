package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.Statistics;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What pg_upgrade leaves to do: statistics, newer versions of extensions, and indexes whose order may be another one. */
public final class Aftercare {

    private static final String OLDER_EXTENSIONS =
            "select format('alter extension %I update', name) from pg_available_extensions where installed_version"
                    + " <> default_version order by name";

    /** Only those that something is sorted by. */
    private static final String OTHER_COLLATIONS = "select format('%I.%I', n.nspname, c.collname) from pg_collation c"
            + " join pg_namespace n on n.oid = c.collnamespace where c.collversion <> pg_collation_actual_version(c.oid)"
            + " and exists (select from pg_index i where c.oid = any (i.indcollation::oid[]))";

    private static final String OTHER_DEFAULT = "select datname from pg_database where datname = current_database() and"
            + " datcollversion <> pg_database_collation_actual_version(oid)";

    private static final int FIRST_WITH_DEFAULT_VERSION = 15;

    private final PostgresServer side;

    public Aftercare(PostgresServer side) {
        this.side = side;
    }

    /**
     * While nobody is in.
     *
     * @return what was done and what is left to do, in words
     */
    List<String> updateExtensions() throws SQLException, InterruptedException {
        List<String> notes = new ArrayList<>();
        side.inEach(side.everyDatabase(), (connection, database) -> extensions(connection, database, notes));
        return notes;
    }

    /**
     * What takes long.
     *
     * @return what is left to do, in words
     */
    public List<String> take() throws SQLException, IOException, InterruptedException {
        List<String> notes = new ArrayList<>();
        side.inEach(side.everyDatabase(), (connection, database) -> collations(connection, database, notes));
        notes.addAll(new Statistics(side).collect());
        return notes;
    }

    private static void extensions(Connection connection, String database, List<String> notes) throws SQLException {
        for (String update : PostgresServer.strings(connection, OLDER_EXTENSIONS)) {
            try {
                PostgresServer.execute(connection, update);
                notes.add(update + " in " + database);
            } catch (SQLException e) {
                notes.add("an extension in " + database + " stays as it was, because " + update + " failed: "
                        + e.getMessage());
            }
        }
    }

    private void collations(Connection connection, String database, List<String> notes) throws SQLException {
        List<String> others = new ArrayList<>(PostgresServer.strings(connection, OTHER_COLLATIONS));
        if (Integer.parseInt(side.engine().major()) >= FIRST_WITH_DEFAULT_VERSION) {
            others.addAll(PostgresServer.strings(connection, OTHER_DEFAULT));
        }
        if (!others.isEmpty()) {
            notes.add("in " + database + " the order of " + String.join(", ", others)
                    + " may be another one now: reindex what is sorted by it (reindex database "
                    + PostgresServer.identifier(database) + ")");
        }
    }
}
