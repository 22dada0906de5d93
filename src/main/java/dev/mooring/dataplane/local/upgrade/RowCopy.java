package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.archive.Parallel;
import dev.mooring.dataplane.local.archive.Progress;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * Copies the rows of all tables into tables without indexes, each database as it was at one moment. What changes afterwards is
 * kept in a slot for replication. Faster than replication's own first copy, which fills indexes row by row.
 */
public final class RowCopy {

    private static final int TABLES_AT_A_TIME = 2;
    /** A server takes rows slower than another one gives them. */
    private static final int WRITERS_OF_A_TABLE =
            Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);

    private static final long LARGE = 8L << 20;
    private static final int BUFFER = 256 << 10;

    private final Side from;
    private final Side to;
    private final Replication replication;

    /** @param replication published already */
    public RowCopy(Side from, Side to, Replication replication) {
        this.from = from;
        this.to = to;
        this.replication = replication;
    }

    /** Types whose binary form is the same in all versions; it is read faster than text. */
    private static final String SAME_BINARY = "('bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'text',"
            + " 'varchar', 'bpchar', 'bytea', 'uuid', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval',"
            + " 'json', 'jsonb')";

    /** Of COPY's binary form: signature, flags, and the length of an extension that there is none of. */
    private static final int HEADER = 19;

    /**
     * @param rows what to copy, as COPY has it
     * @param bytes on disk
     * @param empty whether nothing is in it before
     * @param binary whether all its columns have a binary form that both sides know
     */
    private record Table(String name, String rows, long bytes, boolean empty, boolean binary) {

        /** COPY's options. */
        String options(boolean frozen) {
            return " with (format " + (binary ? "binary" : "text") + (frozen ? ", freeze" : "") + ")";
        }
    }

    /** Told how far it has come. */
    @FunctionalInterface
    public interface Watcher {
        /** @return whether to go on */
        boolean at(long bytes, long total, int tables);
    }

    /**
     * @return number of tables
     * @throws Progress.Stopped when the watcher wants no more
     */
    public int run(List<String> databases, Watcher watcher) throws SQLException, IOException, InterruptedException {
        long total = 0;
        for (String database : databases) {
            total += tables(database).stream().mapToLong(Table::bytes).sum();
        }
        AtomicLong bytes = new AtomicLong();
        AtomicInteger tables = new AtomicInteger();
        Progress progress = (done, all) -> watcher.at(done, all, tables.get());
        for (String database : databases) {
            try (Replication.Snapshot snapshot = replication.snapshot(database)) {
                copy(database, snapshot, bytes, tables, total, progress);
            }
        }
        return tables.get();
    }

    private void copy(
            String database,
            Replication.Snapshot snapshot,
            AtomicLong bytes,
            AtomicInteger tables,
            long total,
            Progress progress)
            throws SQLException, IOException, InterruptedException {
        Queue<Table> waiting = new ConcurrentLinkedQueue<>(tables(database));
        Callable<Void> worker = () -> {
            try (Connection source = open(from, database);
                    Connection target = open(to, database)) {
                Side.execute(
                        source,
                        "begin isolation level repeatable read, read only",
                        "set transaction snapshot '" + snapshot.name() + "'");
                for (Table table = waiting.poll(); table != null; table = waiting.poll()) {
                    if (table.bytes() < LARGE) {
                        copy(source, List.of(target), table, bytes);
                    } else {
                        copyLarge(source, database, table, bytes);
                    }
                    tables.incrementAndGet();
                }
            }
            return null;
        };
        List<Callable<Void>> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(TABLES_AT_A_TIME, waiting.size()); i++) {
            workers.add(worker);
        }
        try {
            Parallel.run(workers, bytes, total, progress);
        } catch (IOException e) {
            if (e.getCause() instanceof SQLException refused) {
                throw refused;
            }
            throw e;
        }
    }

    private static Connection open(Side side, String database) throws SQLException {
        Connection connection = side.open(database);
        Side.execute(connection, Comparison.SAME_TEXT);
        return connection;
    }

    /** The largest first. Of an extension's tables those rows that are not its own. */
    private List<Table> tables(String database) throws SQLException {
        List<Table> tables = new ArrayList<>();
        try (Connection connection = from.open(database);
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(
                    "select format('%I.%I', n.nspname, c.relname), pg_table_size(c.oid), not exists (select from"
                            + " pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0"
                            + " and not a.attisdropped and (t.typnamespace <> 'pg_catalog'::regnamespace or t.typname not in "
                            + SAME_BINARY + ")) from pg_class c"
                            + " join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and c.relpersistence = 'p'"
                            + " and (n.nspname = '" + Workspace.SCHEMA + "' or (" + UpgradeCheck.OWNED + "))")) {
                while (row.next()) {
                    tables.add(new Table(row.getString(1), row.getString(1), row.getLong(2), true, row.getBoolean(3)));
                }
            }
            try (ResultSet row = statement.executeQuery(
                    "select format('%I.%I', n.nspname, c.relname), pg_table_size(c.oid), condition from pg_extension e"
                            + " cross join unnest(e.extconfig, e.extcondition) as own (id, condition)"
                            + " join pg_class c on c.oid = own.id join pg_namespace n on n.oid = c.relnamespace"
                            + " where c.relkind = 'r'")) {
                while (row.next()) {
                    String rows = "(select * from only " + row.getString(1) + " " + row.getString(3) + ")";
                    tables.add(new Table(row.getString(1), rows, row.getLong(2), false, false));
                }
            }
        }
        tables.sort(Comparator.comparingLong(Table::bytes).reversed());
        return tables;
    }

    private void copyLarge(Connection source, String database, Table table, AtomicLong bytes)
            throws SQLException, IOException {
        List<Connection> targets = new ArrayList<>();
        try {
            for (int i = 0; i < WRITERS_OF_A_TABLE; i++) {
                targets.add(open(to, database));
            }
            copy(source, targets, table, bytes);
        } finally {
            for (Connection target : targets) {
                target.close();
            }
        }
    }

    private static void copy(Connection source, List<Connection> targets, Table table, AtomicLong bytes)
            throws SQLException, IOException {
        // In the transaction that emptied it a table takes rows that nobody has to touch again.
        boolean frozen = table.empty() && targets.size() == 1;
        String command = "copy " + table.name() + " from stdin" + table.options(frozen);
        List<OutputStream> writers = new ArrayList<>();
        for (Connection target : targets) {
            target.setAutoCommit(false);
            if (frozen) {
                Side.execute(target, "truncate only " + table.name());
            }
            writers.add(new PGCopyOutputStream(target.unwrap(PGConnection.class), command, BUFFER));
        }
        Rows rows = new Rows(table, writers, bytes);
        source.unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut("copy " + table.rows() + " to stdout" + table.options(false), rows);
        for (OutputStream writer : writers) {
            writer.close();
        }
        for (Connection target : targets) {
            target.commit();
        }
        rows.complete();
    }

    /**
     * Deals rows out to the writers, many at a time. Rows are larger or smaller on the way than on disk: a table counts as large as
     * it is there.
     */
    private static final class Rows extends OutputStream {

        private final List<OutputStream> writers;
        private final AtomicLong total;
        private final long most;
        private boolean begun;
        private long counted;
        private int writer;
        private int dealt;

        Rows(Table table, List<OutputStream> writers, AtomicLong total) {
            this.writers = writers;
            this.total = total;
            this.most = table.bytes();
            // The text form has none.
            this.begun = !table.binary();
        }

        /** Called with one whole row; in the binary form the first one follows the header. */
        @Override
        public void write(byte[] row, int offset, int length) throws IOException {
            if (Thread.interrupted()) {
                throw new InterruptedIOException("the copy is not wanted any more");
            }
            if (!begun) {
                for (OutputStream other : writers.subList(1, writers.size())) {
                    other.write(row, offset, HEADER);
                }
                begun = true;
            }
            if (dealt > BUFFER) {
                writer = (writer + 1) % writers.size();
                dealt = 0;
            }
            writers.get(writer).write(row, offset, length);
            dealt += length;
            count(Math.min(length, most - counted));
        }

        @Override
        public void write(int single) {
            throw new UnsupportedOperationException("rows come whole");
        }

        void complete() {
            count(most - counted);
        }

        private void count(long bytes) {
            counted += bytes;
            total.addAndGet(bytes);
        }
    }
}
