package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.Side;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Logical replication from the source's databases into the cluster's, with names that nobody else uses. */
public final class Stream {

    private static final Duration SLOT_LIMIT = Duration.ofSeconds(10);

    private final SourceServer source;
    private final Side target;
    private final List<String> databases;
    private final String name;

    /**
     * @param target null when the cluster is gone
     * @param migration the operation's id
     */
    public Stream(SourceServer source, Side target, List<String> databases, UUID migration) {
        this.source = source;
        this.target = target;
        this.databases = databases;
        this.name = "online_migration_" + migration.toString().substring(0, 8);
    }

    /** Copies all rows, and whatever changes from now on. */
    public void begin() throws SQLException {
        for (String database : databases) {
            try (Connection from = source.open(database);
                    Connection to = target.open(database)) {
                if (Side.number(from, "select count(*) from pg_publication where pubname = '" + name + "'") == 0) {
                    Side.execute(from, "create publication " + name + publishedTables(from));
                }
                if (!subscribed(to)) {
                    // Not inside a transaction block: it makes a slot on the other side.
                    Side.executeUnlogged(
                            to,
                            "create subscription " + name + " connection " + literal(source.conninfo(database))
                                    + " publication " + name + " with (slot_name = '" + slot(database) + "')");
                }
            }
        }
    }

    /** All tables needs a superuser; the tables one by one needs only their owner. */
    private static String publishedTables(Connection from) throws SQLException {
        if (Side.number(from, "select rolsuper::int from pg_roles where rolname = current_user") == 1) {
            return " for all tables";
        }
        List<String> tables = Side.strings(
                from,
                "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname not in ('pg_catalog',"
                        + " 'information_schema') and n.nspname !~ '^pg_' and not exists (select from pg_depend e"
                        + " where e.objid = c.oid and e.deptype = 'e') order by 1");
        return tables.isEmpty() ? "" : " for table " + String.join(", ", tables);
    }

    private boolean subscribed(Connection to) throws SQLException {
        return Side.number(
                        to,
                        "select count(*) from pg_subscription where subname = '" + name
                                + "' and subdbid = (select oid from pg_database where datname = current_database())")
                > 0;
    }

    private String slot(String database) {
        return name + "_" + databases.indexOf(database);
    }

    /**
     * @param copied tables whose first copy is complete
     * @param bytes that the tables take
     * @param problem why it does not get on; null when it does
     */
    public record Progress(int copied, int tables, long bytes, String problem) {
        public boolean all() {
            return copied == tables;
        }
    }

    public Progress progress() throws SQLException {
        int copied = 0;
        int tables = 0;
        long bytes = 0;
        String problem = null;
        for (String database : databases) {
            try (Connection to = target.open(database);
                    Statement statement = to.createStatement()) {
                try (ResultSet row = statement.executeQuery(
                        "select count(*) filter (where srsubstate = 'r'), count(*), coalesce(sum(pg_table_size(srrelid)), 0)"
                                + " from pg_subscription_rel")) {
                    row.next();
                    copied += row.getInt(1);
                    tables += row.getInt(2);
                    bytes += row.getLong(3);
                }
                if (Side.number(
                                to,
                                "select count(*) from pg_stat_subscription where subname = '" + name
                                        + "' and pid is not null")
                        == 0) {
                    problem = "nothing comes of " + database + ": the source does not answer, or the cluster's log says"
                            + " what is wrong";
                }
            }
        }
        return new Progress(copied, tables, bytes, problem);
    }

    /** Whether everything that the source has committed by now is in the cluster. */
    public boolean caughtUp(List<String> positions) throws SQLException {
        for (int i = 0; i < databases.size(); i++) {
            try (Connection from = source.open(databases.get(i))) {
                if (Side.number(
                                from,
                                "select count(*) from pg_replication_slots where slot_name = '" + slot(databases.get(i))
                                        + "' and confirmed_flush_lsn >= '" + positions.get(i) + "'")
                        == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Where the source's WAL ends, for each database. */
    public List<String> positions() throws SQLException {
        try (Connection from = source.open()) {
            String position =
                    Side.strings(from, "select pg_current_wal_insert_lsn()").getFirst();
            return databases.stream().map(database -> position).toList();
        }
    }

    /** Replication leaves the sequences out. */
    public void sequences() throws SQLException {
        for (String database : databases) {
            try (Connection from = source.open(database);
                    Connection to = target.open(database)) {
                for (String set : Side.strings(
                        from,
                        "select format('select setval(%L, %s, true)', format('%I.%I', schemaname, sequencename), last_value)"
                                + " from pg_sequences where last_value is not null")) {
                    Side.execute(to, set);
                }
            }
        }
    }

    /** The cluster forgets it. The source may be away, so its slot is left to {@link #forget}. */
    public void leave() throws SQLException {
        List<String> present = target.databases();
        for (String database : databases) {
            if (present.contains(database)) {
                try (Connection to = target.open(database)) {
                    if (subscribed(to)) {
                        Side.execute(
                                to,
                                "alter subscription " + name + " disable",
                                "alter subscription " + name + " set (slot_name = none)",
                                "drop subscription " + name);
                    }
                }
            }
        }
    }

    /**
     * The source forgets it: else its slots would keep its WAL for ever. Those of copies that were cut short have the name that
     * the cluster's server gave them.
     */
    public void forget() throws SQLException, InterruptedException {
        String ofCopies = target == null ? "" : " or slot_name ~ '^pg_[0-9]+_sync_[0-9]+_" + identifier() + "$'";
        for (String database : databases) {
            try (Connection from = source.open(database)) {
                Side.execute(from, "drop publication if exists " + name);
                for (String slot : Side.strings(
                        from,
                        "select slot_name from pg_replication_slots where database = current_database() and (slot_name = '"
                                + slot(database) + "'" + ofCopies + ")")) {
                    drop(from, slot);
                }
            }
        }
    }

    /** The cluster's server, as its slots elsewhere are named after it. */
    private String identifier() throws SQLException {
        try (Connection to = target.open("postgres")) {
            return Side.strings(to, "select system_identifier from pg_control_system()")
                    .getFirst();
        }
    }

    private static void drop(Connection from, String slot) throws SQLException, InterruptedException {
        Instant end = Instant.now().plus(SLOT_LIMIT);
        while (true) {
            try {
                Side.execute(
                        from,
                        "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '" + slot
                                + "' and active",
                        "select pg_drop_replication_slot('" + slot + "')");
                return;
            } catch (SQLException inUse) {
                if (Instant.now().isAfter(end)) {
                    throw inUse;
                }
                Thread.sleep(20);
            }
        }
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
