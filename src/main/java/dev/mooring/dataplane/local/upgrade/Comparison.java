package dev.mooring.dataplane.local.upgrade;

import dev.mooring.operation.OperationFailed;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compares every table of both sides at exactly the same point, while the old one is written to. Writers are held for the
 * moment that it takes to look at the clock, so to say: a snapshot is taken and a marker written. The other side applies
 * transactions in their order and is kept from applying the marker, so it stands still right there.
 */
public final class Comparison {

    private static final Duration ARRIVAL_LIMIT = Duration.ofMinutes(10);

    /** Text that both major versions write the same way. */
    static final String[] SAME_TEXT = {
        "set extra_float_digits = 3",
        "set datestyle = 'ISO, YMD'",
        "set intervalstyle = 'iso_8601'",
        "set timezone = 'UTC'",
        "set bytea_output = 'hex'",
        "set xmloption = 'content'",
        "set statement_timeout = 0",
        "set idle_in_transaction_session_timeout = 0"
    };

    /**
     * Hash functions for the types in which equal means the same. They give the same in all versions, because tables are
     * partitioned by them; with the C collation in all locales too.
     */
    private static final Map<String, String> HASHES = Map.of(
            "int2", "hashint2extended(%s, %d)",
            "int4", "hashint4extended(%s, %d)",
            "int8", "hashint8extended(%s, %d)",
            "oid", "hashoidextended(%s, %d)",
            "uuid", "uuid_hash_extended(%s, %d)",
            "bpchar", "hashbpcharextended(%s collate \"C\", %d)",
            "timestamp", "timestamp_hash_extended(%s, %d)");

    private static final String HASH_OF_TEXT = "hashtextextended(%s::text collate \"C\", %d)";

    private final Side from;
    private final Side to;

    public Comparison(Side from, Side to) {
        this.from = from;
        this.to = to;
    }

    /** Told how many tables have been compared. */
    @FunctionalInterface
    public interface Watcher {
        void at(int tables);
    }

    /**
     * @return rows of all tables
     * @throws OperationFailed when a table differs
     */
    public long run(List<String> databases, Watcher watcher) throws SQLException, InterruptedException {
        long rows = 0;
        int done = 0;
        for (String database : databases) {
            try (Connection source = open(from, database);
                    Connection target = open(to, database);
                    Connection gate = open(to, database)) {
                List<String> tables = tables(source);
                freeze(database, source, gate, tables);
                try {
                    begin(target);
                    for (String table : tables) {
                        rows += compare(database, source, target, table);
                        watcher.at(++done);
                    }
                } finally {
                    gate.rollback();
                }
            }
        }
        return rows;
    }

    private static Connection open(Side side, String database) throws SQLException {
        Connection connection = side.open(database);
        Side.execute(connection, SAME_TEXT);
        return connection;
    }

    private static void begin(Connection connection) throws SQLException {
        Side.execute(
                connection, "begin isolation level repeatable read", "select count(*) from mooring_upgrade.marker");
    }

    private static List<String> tables(Connection connection) throws SQLException {
        return Side.strings(
                connection,
                "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " where c.relkind = 'r' and c.relpersistence = 'p' and " + UpgradeCheck.OWNED
                        + " order by 1");
    }

    /** Afterwards the source's transaction sees what the target has. */
    private void freeze(String database, Connection source, Connection gate, List<String> tables)
            throws SQLException, InterruptedException {
        gate.setAutoCommit(false);
        Side.execute(gate, "lock table mooring_upgrade.marker in share mode");
        UUID marker = UUID.randomUUID();
        try (Connection writer = from.open(database)) {
            LockPatience.run(() -> {
                Side.execute(writer, "begin", "set local lock_timeout = '100ms'");
                try {
                    if (!tables.isEmpty()) {
                        Side.execute(writer, "lock table only " + String.join(", only ", tables) + " in share mode");
                    }
                    begin(source);
                    Replication.mark(writer, marker);
                    Side.execute(writer, "commit");
                } catch (SQLException e) {
                    Side.execute(writer, "rollback");
                    Side.execute(source, "rollback");
                    throw e;
                }
            });
        }
        awaitArrival(database);
    }

    /** The marker has come when somebody waits for the lock on its table. */
    private void awaitArrival(String database) throws SQLException, InterruptedException {
        Instant end = Instant.now().plus(ARRIVAL_LIMIT);
        try (Connection look = to.open(database)) {
            while (Side.number(
                            look,
                            "select count(*) from pg_locks where relation = 'mooring_upgrade.marker'::regclass and not granted")
                    == 0) {
                if (Instant.now().isAfter(end)) {
                    throw new OperationFailed("replication of " + database + " did not catch up within "
                            + ARRIVAL_LIMIT.toMinutes() + " minutes");
                }
                Thread.sleep(5);
            }
        }
    }

    private record Sum(long rows, String digest) {}

    private static long compare(String database, Connection source, Connection target, String table)
            throws SQLException, InterruptedException {
        String query = query(source, table);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Sum> there = () -> sum(source, query);
            Callable<Sum> here = () -> sum(target, query);
            Future<Sum> old = threads.submit(there);
            Future<Sum> copy = threads.submit(here);
            if (!old.get().equals(copy.get())) {
                throw new OperationFailed("in " + database + " the table " + table + " differs after the copy: "
                        + old.get().rows() + " rows in the old version, "
                        + copy.get().rows()
                        + " in the new one, or other values");
            }
            return old.get().rows();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static Sum sum(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return new Sum(row.getLong(1), row.getString(2));
        }
    }

    /**
     * A row's columns, each hashed with a seed of its own, are combined, hashed again, and summed up over the rows: their order does
     * not matter, and everything else does.
     */
    private static String query(Connection source, String table) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (PreparedStatement select =
                source.prepareStatement("select quote_ident(attname), case when typtype = 'b' and typnamespace ="
                        + " 'pg_catalog'::regnamespace then typname end from pg_attribute join pg_type on pg_type.oid = atttypid"
                        + " where attrelid = ?::regclass and attnum > 0 and not attisdropped order by attnum")) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    int seed = columns.size() + 1;
                    String type = row.getString(2);
                    String hash = type == null ? HASH_OF_TEXT : HASHES.getOrDefault(type, HASH_OF_TEXT);
                    columns.add("coalesce(" + hash.formatted(row.getString(1), seed) + ", " + seed + ")");
                }
            }
        }
        String digest = columns.isEmpty() ? "null" : "sum(hashint8extended(" + String.join(" # ", columns) + ", 0))";
        return "select count(*), " + digest + " from only " + table;
    }
}
