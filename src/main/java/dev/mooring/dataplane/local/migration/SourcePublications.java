package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a source publishes of its tables. It refuses to update what it cannot tell apart and would have to publish, so such tables are
 * published without updates and deletions.
 */
final class SourcePublications {

    /** From here on a publication can have TRUNCATE. */
    private static final int FIRST_WITH_TRUNCATE = 11;

    private final SourceServer source;
    private final List<String> databases;
    private final LeftAtSource left;

    SourcePublications(SourceServer source, List<String> databases, LeftAtSource left) {
        this.source = source;
        this.databases = databases;
        this.left = left;
    }

    /**
     * Table by table, without those that inherit: of all tables, or of a table with whatever is below it, would be also those that somebody
     * makes later.
     */
    void make(Connection from) throws SQLException {
        if (PostgresServer.number(from, "select count(*) from pg_publication where pubname = '" + left.name() + "'")
                > 0) {
            return;
        }
        boolean truncate = from.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_TRUNCATE;
        List<SourceTables.Table> tables = SourceTables.of(from);
        PostgresServer.execute(
                from,
                LeftAtSource.LOCK_LIMIT,
                "begin",
                "create publication " + left.insertsOnly() + list(tables, false) + " with (publish = 'insert"
                        + (truncate ? ", truncate" : "") + "')",
                "create publication " + left.name() + list(tables, true),
                "commit");
    }

    private static String list(List<SourceTables.Table> tables, boolean keyed) {
        String list = tables.stream()
                .filter(table -> table.logged() && table.keyed() == keyed)
                .map(SourceTables.Table::quoted)
                .collect(Collectors.joining(", only "));
        return list.isEmpty() ? "" : " for table only " + list;
    }

    /**
     * Somebody at the source may take the key away from a table that is published with its updates.
     *
     * @return why that cannot be looked after just now; null when all is well
     */
    @Nullable
    String guard() {
        String problem = null;
        for (String database : databases) {
            try (Connection from = source.open(database)) {
                for (SourceTables.Table table : SourceTables.published(from, left.name())) {
                    if (!table.keyed()) {
                        String refusal = withoutUpdates(from, table);
                        problem = problem == null ? refusal : problem;
                    }
                }
            } catch (SQLException away) {
                problem = "the source does not answer: " + away.getMessage();
            }
        }
        return problem;
    }

    /** One table whose lock somebody holds does not keep the others waiting for the next round. */
    private @Nullable String withoutUpdates(Connection from, SourceTables.Table table) throws SQLException {
        try {
            PostgresServer.execute(
                    from,
                    LeftAtSource.LOCK_LIMIT,
                    "begin",
                    "alter publication " + left.name() + " drop table only " + table.quoted(),
                    "alter publication " + left.insertsOnly() + " add table only " + table.quoted(),
                    "commit");
            return null;
        } catch (SQLException refused) {
            PostgresServer.execute(from, "rollback");
            return "the source does not let " + table.shown() + " be published without updates: "
                    + MigrationCheck.shown(refused);
        }
    }
}
