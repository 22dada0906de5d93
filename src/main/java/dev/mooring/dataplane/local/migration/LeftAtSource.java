package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.time.Deadline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What an online migration has made at its source, with names that nobody else uses, and leaves there until it is forgotten. */
public final class LeftAtSource {

    static final String LOCK_LIMIT = "set lock_timeout = '10s'";

    private static final Duration SLOT_LIMIT = Duration.ofSeconds(10);

    private final SourceServer source;
    private final List<String> databases;
    private final String name;

    /** @param migration the operation's id */
    public LeftAtSource(SourceServer source, List<String> databases, UUID migration) {
        this.source = source;
        this.databases = databases;
        this.name = "online_migration_" + migration.toString().substring(0, 8);
    }

    /** Of the publication of tables whose rows can be told apart; of the subscription in the cluster as well. */
    String name() {
        return name;
    }

    /** Of the publication of the other tables. */
    String insertsOnly() {
        return name + "_inserts";
    }

    String slot(String database) {
        return name + "_" + databases.indexOf(database);
    }

    /**
     * The source forgets it: else its slots would keep its WAL for ever. Those of copies that were cut short have the name that
     * the cluster's server gave them.
     *
     * @param target empty when the cluster is gone
     */
    public void forget(Optional<PostgresServer> target) throws SQLException, InterruptedException {
        String ofCopies = target.isEmpty() ? null : "^pg_[0-9]+_sync_[0-9]+_" + identifier(target.get()) + "$";
        for (String database : databases) {
            try (Connection from = source.open(database)) {
                PostgresServer.execute(from, LOCK_LIMIT, "drop publication if exists " + name + ", " + insertsOnly());
                for (String slot : slots(from, slot(database), ofCopies)) {
                    drop(from, slot);
                }
            }
        }
    }

    private static List<String> slots(Connection from, String own, @Nullable String ofCopies) throws SQLException {
        List<String> slots = new ArrayList<>();
        try (PreparedStatement select = from.prepareStatement("select slot_name from pg_replication_slots"
                + " where database = current_database() and (slot_name = ? or slot_name ~ ?)")) {
            select.setString(1, own);
            select.setString(2, ofCopies);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    slots.add(rows.getString(1));
                }
            }
        }
        return slots;
    }

    /** The cluster's server, as its slots elsewhere are named after it. */
    private static String identifier(PostgresServer target) throws SQLException {
        try (Connection to = target.open("postgres")) {
            return PostgresServer.strings(to, "select system_identifier from pg_control_system()")
                    .getFirst();
        }
    }

    private static void drop(Connection from, String slot) throws SQLException, InterruptedException {
        Deadline limit = Deadline.in(SLOT_LIMIT);
        while (true) {
            try (PreparedStatement end = from.prepareStatement("select pg_terminate_backend(active_pid) from"
                            + " pg_replication_slots where slot_name = ? and active");
                    PreparedStatement drop = from.prepareStatement("select pg_drop_replication_slot(?)")) {
                end.setString(1, slot);
                end.execute();
                drop.setString(1, slot);
                drop.execute();
                return;
            } catch (SQLException inUse) {
                if (limit.passed()) {
                    throw inUse;
                }
                Thread.sleep(20);
            }
        }
    }
}
