package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.WorkerLog;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** Logical replication from the source's databases into the cluster's, with names that nobody else uses. */
public final class LogicalReplication {

    private static final int FIRST_WITH_PASSWORDS_REQUIRED = 16;
    private static final Duration LOOK = Duration.ofMillis(500);

    /** What a subscription is to fill and the loader does not own. */
    private static final String STRANGE_TABLES = "select count(*) from pg_subscription_rel s left join pg_class c"
            + " on c.oid = s.srrelid left join pg_roles r on r.oid = c.relowner where r.rolname is distinct from '"
            + Loader.ROLE + "'";

    private static final String OF_A_SUPERUSER =
            "select count(*) from pg_subscription s join pg_roles r on r.oid = s.subowner"
                    + " where s.subname like 'online\\_migration\\_%' and r.rolsuper";

    private final SourceServer source;
    private final PostgresServer target;
    private final List<String> databases;
    private final LeftAtSource left;
    private final SourcePublications published;
    private final String name;

    /** @param migration the operation's id */
    public LogicalReplication(SourceServer source, PostgresServer target, List<String> databases, UUID migration) {
        this.source = source;
        this.target = target;
        this.databases = databases;
        this.left = new LeftAtSource(source, databases, migration);
        this.published = new SourcePublications(source, databases, left);
        this.name = left.name();
    }

    /**
     * Copies all rows, and whatever changes from now on. Nothing is written before it is certain that what writes is no superuser, and
     * writes nowhere but in tables of the {@link Loader}: the source names the tables.
     *
     * @param goesOn is asked again and again while open transactions at the source are waited for
     * @return false when it does not go on
     */
    public boolean begin(BooleanSupplier goesOn) throws SQLException, IOException, InterruptedException {
        target.clusters().writeFile(passwordFile(), source.passwordLine());
        for (String database : databases) {
            try (Connection from = source.open(database);
                    Connection to = target.open(database)) {
                published.make(from);
                if (!subscribed(to) && !subscribe(to, database, goesOn)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean subscribe(Connection to, String database, BooleanSupplier goesOn)
            throws SQLException, InterruptedException {
        boolean asksForPasswords = to.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_PASSWORDS_REQUIRED;
        // Not inside a transaction block: it makes a slot on the other side.
        boolean made = executed(
                to,
                goesOn,
                "create subscription " + name + " connection "
                        + literal(to, source.conninfo(database, passwordFile()))
                        + " publication " + name + ", " + left.insertsOnly() + " with (enabled = false, slot_name = '"
                        + left.slot(database) + "'"
                        + (asksForPasswords ? ", password_required = false" : "") + ")");
        if (!made) {
            return false;
        }
        if (PostgresServer.number(to, STRANGE_TABLES) > 0) {
            throw new OperationFailed(
                    "the source wants to write into tables of " + database + " that it has not brought");
        }
        Loader.giveAway(to, name);
        PostgresServer.execute(to, "alter subscription " + name + " enable");
        return true;
    }

    /** A slot is made when all transactions have ended that are open at the source, which may be hours. */
    private boolean executed(Connection to, BooleanSupplier goesOn, String sql)
            throws SQLException, InterruptedException {
        try (Statement statement = to.createStatement()) {
            FutureTask<Boolean> making = new FutureTask<>(() -> statement.execute(sql));
            Thread thread = Thread.ofVirtual().start(making);
            boolean stopped = false;
            while (!thread.join(LOOK)) {
                published.guard();
                if (!goesOn.getAsBoolean()) {
                    stopped = true;
                    statement.cancel();
                }
            }
            try {
                making.get();
                return true;
            } catch (ExecutionException e) {
                if (stopped) {
                    return false;
                }
                if (e.getCause() instanceof SQLException refused) {
                    throw refused;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    private Path passwordFile() {
        return target.folder().root().resolve(name + ".pass");
    }

    /**
     * To be called all the time: else the source refuses to change rows of a table whose key somebody has taken away.
     *
     * @return why the source cannot be looked after just now; null when all is well
     */
    public @Nullable String guard() {
        return published.guard();
    }

    /** What the source has by now and the cluster has not: definitions are not replicated. */
    public List<String> missing() throws SQLException {
        List<String> missing = new ArrayList<>();
        for (String database : databases) {
            try (Connection from = source.open(database);
                    Connection to = target.open(database)) {
                Catalogs.missing(from, to)
                        .forEach(line ->
                                missing.add(MigrationCheck.shown(database) + ": " + MigrationCheck.shown(line)));
            }
        }
        return missing;
    }

    private boolean subscribed(Connection to) throws SQLException {
        return PostgresServer.number(
                        to,
                        "select count(*) from pg_subscription where subname = '" + name
                                + "' and subdbid = (select oid from pg_database where datname = current_database())")
                > 0;
    }

    /**
     * @param copied tables whose first copy is complete
     * @param bytes that the tables take
     * @param problem why it does not get on
     */
    public record Progress(
            int copied, int tables, long bytes, @Nullable String problem) {
        public boolean all() {
            return copied == tables;
        }
    }

    public Progress progress() throws SQLException, InterruptedException {
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
                    if (problem == null && row.getInt(1) < row.getInt(2)) {
                        problem = failure(to, database);
                    }
                }
                if (PostgresServer.number(to, OF_A_SUPERUSER) > 0) {
                    throw new OperationFailed("an older Mooring has begun this, in a way that gives the source too many"
                            + " rights here: start it again");
                }
                if (PostgresServer.number(
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

    /** @return null where nothing has failed; what fails is tried again by the server, for ever */
    private @Nullable String failure(Connection to, String database) throws SQLException, InterruptedException {
        long failures = PostgresServer.number(
                to,
                "select coalesce(sum(sync_error_count), 0) from pg_stat_subscription_stats where subname = '" + name
                        + "'");
        return failures == 0
                ? null
                : failures + " times copying a table of " + MigrationCheck.shown(database)
                        + " has failed and is tried again; the last reason: "
                        + MigrationCheck.shown(WorkerLog.lastError(target));
    }

    /** Whether everything that the source has committed by now is in the cluster. */
    public boolean caughtUp(List<String> positions) throws SQLException {
        for (int i = 0; i < databases.size(); i++) {
            try (Connection from = source.open(databases.get(i));
                    PreparedStatement select = from.prepareStatement("select count(*) from pg_replication_slots where"
                            + " slot_name = ? and confirmed_flush_lsn >= ?::pg_lsn")) {
                select.setString(1, left.slot(databases.get(i)));
                select.setString(2, positions.get(i));
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    if (row.getLong(1) == 0) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** Where the source's WAL ends, for each database. */
    public List<String> positions() throws SQLException {
        try (Connection from = source.open()) {
            String position = PostgresServer.strings(from, "select pg_current_wal_insert_lsn()")
                    .getFirst();
            return databases.stream().map(database -> position).toList();
        }
    }

    /** Replication leaves the sequences out. */
    public void sequences() throws SQLException {
        for (String database : databases) {
            try (Connection from = source.open(database);
                    Connection to = target.open(database)) {
                Sequences.follow(from, to);
            }
        }
    }

    /** The cluster forgets it. The source may be away, so its slot is left to {@link LeftAtSource}. */
    public void leave() throws SQLException, IOException {
        List<String> present = target.databases();
        for (String database : databases) {
            if (present.contains(database)) {
                try (Connection to = target.open(database)) {
                    if (subscribed(to)) {
                        PostgresServer.execute(
                                to,
                                "alter subscription " + name + " disable",
                                "alter subscription " + name + " set (slot_name = none)",
                                "drop subscription " + name);
                    }
                }
            }
        }
        Files.deleteIfExists(passwordFile());
    }

    /** What is at the source goes, once {@link #leave the cluster has left}. */
    public void forget() throws SQLException, InterruptedException {
        left.forget(Optional.of(target));
    }

    private static String literal(Connection connection, String text) throws SQLException {
        return "'" + connection.unwrap(PGConnection.class).escapeLiteral(text) + "'";
    }
}
