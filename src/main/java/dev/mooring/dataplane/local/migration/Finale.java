package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is left to do when all that replication or a dump brings is there, and nothing follows any more: what neither of them brings, and a
 * comparison of both sides. All of it can be done again.
 */
public final class Finale {

    /** A comparison reads everything on both sides, while the application waits. */
    private static final Duration COMPARISON_LIMIT = Duration.ofMinutes(10);

    private static final String NOT_POPULATED = "55000";

    private final SourceServer source;
    private final PostgresServer target;
    private final Loader loader;
    private final boolean replicated;
    private final Deadline end = Deadline.in(COMPARISON_LIMIT);

    private final List<String> leftOut = new ArrayList<>();
    private final List<String> copiedAgain = new ArrayList<>();
    private final List<String> differences = new ArrayList<>();
    private int tables;
    private long rows;
    private int largeObjects;

    /** @param replicated whether the rows came by replication; its subscriptions are gone */
    public Finale(SourceServer source, PostgresServer target, boolean replicated) throws SQLException {
        this.source = source;
        this.target = target;
        this.loader = Loader.admit(target);
        this.replicated = replicated;
    }

    /**
     * @param leftOut what could not be brought, with the reason
     * @param copiedAgain tables that replication could not bring whole
     * @param differences what is not as at the source
     * @param tables compared
     * @param rows in them
     */
    public record Result(
            List<String> leftOut,
            List<String> copiedAgain,
            List<String> differences,
            int tables,
            long rows,
            int largeObjects) {}

    /** Told after each table. */
    @FunctionalInterface
    public interface Watcher {
        void at(int tables);
    }

    public Result run(List<String> databases, Watcher watcher) throws SQLException, IOException {
        for (String database : databases) {
            try (Connection from = source.open(database);
                    Connection superuser = target.open(database)) {
                part(database, "sequences", () -> Sequences.follow(from, superuser));
                try (Connection to = loader.open(database)) {
                    part(database, "large objects", () -> largeObjects += LargeObjects.follow(from, to));
                }
                try (Connection to = loader.open(database)) {
                    part(database, "rows", () -> rows(database, from, superuser, to, watcher));
                    part(database, "materialized views", () -> refresh(database, from, to));
                }
                part(database, "definitions", () -> {
                    for (String line : Catalogs.missing(from, superuser)) {
                        differences.add(here(database, line) + ": it is not there, or not so");
                    }
                });
                part(
                        database,
                        "settings",
                        () -> DatabaseProperties.bring(from, loader::open, database)
                                .forEach(what -> leftOut.add(here(database, what))));
            }
        }
        return new Result(leftOut, copiedAgain, differences, tables, rows, largeObjects);
    }

    /** What one of the servers refuses is told: the rows are there by now, and are not thrown away for it. */
    private void part(String database, String what, Loader.Work work) throws SQLException, IOException {
        try {
            work.run();
        } catch (SQLException e) {
            if (broken(e)) {
                throw e;
            }
            differences.add(here(database, what) + ": not brought or compared, " + MigrationCheck.shown(e));
        }
    }

    private static String here(String database, String what) {
        return MigrationCheck.shown(database) + ": " + MigrationCheck.shown(what);
    }

    private void rows(String database, Connection from, Connection superuser, Connection to, Watcher watcher)
            throws SQLException, IOException {
        Map<String, SourceTables.Table> brought = new HashMap<>();
        for (SourceTables.Table table : SourceTables.of(superuser)) {
            brought.put(table.quoted(), table);
        }
        Rows sides = new Rows(from, to);
        for (SourceTables.Table table : SourceTables.of(from)) {
            // What is not there is among the differences of the catalogs.
            if (brought.containsKey(table.quoted())) {
                table(database, sides, superuser, table);
                watcher.at(++tables);
            }
        }
    }

    private void table(String database, Rows sides, Connection superuser, SourceTables.Table table)
            throws SQLException, IOException {
        String name = MigrationCheck.shown(database) + ": " + table.shown();
        boolean loose = replicated && !(table.keyed() && table.logged());
        if (!loose && end.passed()) {
            differences.add(name + ": not compared, there was no more time");
            return;
        }
        try {
            Rows.Sum there = sides.there(table);
            Rows.Sum here = sides.here(table);
            if (loose && !there.equals(here)) {
                loader.withoutTriggers(superuser, () -> sides.copy(table));
                copiedAgain.add(name);
                there = sides.there(table);
                here = sides.here(table);
            }
            rows += here.rows();
            if (!there.equals(here)) {
                differences.add(name + ": " + there.rows() + " rows at the source, " + here.rows()
                        + " here, or others: it is still written to, or was");
            }
        } catch (SQLException e) {
            if (broken(e)) {
                throw e;
            }
            differences.add(name + ": not compared, " + MigrationCheck.shown(e));
        }
    }

    /** Whether a connection went, rather than that a server answered. */
    private static boolean broken(SQLException e) {
        return e.getSQLState() == null
                || e.getSQLState().startsWith("08")
                || e.getSQLState().startsWith("57P");
    }

    /** Those that have contents at the source; one may need another. */
    private void refresh(String database, Connection from, Connection to) throws SQLException {
        String views = "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n"
                + " on n.oid = c.relnamespace where c.relkind = 'm' and " + SourceTables.OWN;
        List<String> waiting =
                new ArrayList<>(PostgresServer.strings(to, views + (replicated ? "" : " and not c.relispopulated")));
        waiting.retainAll(PostgresServer.strings(from, views + " and c.relispopulated"));
        Map<String, String> reasons = new HashMap<>();
        for (int before = -1; before != waiting.size() && !waiting.isEmpty(); ) {
            before = waiting.size();
            for (String view : List.copyOf(waiting)) {
                try {
                    PostgresServer.execute(to, "refresh materialized view " + view);
                    waiting.remove(view);
                } catch (SQLException e) {
                    if (broken(e)) {
                        throw e;
                    }
                    reasons.put(view, e.getMessage());
                    if (!NOT_POPULATED.equals(e.getSQLState())) {
                        waiting.remove(view);
                        leftOut.add(here(database, "contents of the materialized view " + view) + ": "
                                + MigrationCheck.shown(e));
                    }
                }
            }
        }
        waiting.forEach(view -> leftOut.add(here(database, "contents of the materialized view " + view) + ": "
                + MigrationCheck.shown(reasons.getOrDefault(view, ""))));
    }
}
