package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** The end of a {@link Replication}, which each side comes to alone: the other one may be away. */
public final class ReplicationEnd {

    private static final Duration SLOT_LIMIT = Duration.ofSeconds(10);

    private ReplicationEnd() {}

    /** The receiving side forgets it; the sending side may be away. */
    public static void leave(PostgresServer side, String name) throws SQLException, InterruptedException, IOException {
        side.inEach(side.everyDatabase(), (connection, database) -> {
            if (subscribed(connection, name)) {
                PostgresServer.execute(
                        connection,
                        "alter subscription " + name + " disable",
                        "alter subscription " + name + " set (slot_name = none)",
                        "drop subscription " + name);
            }
        });
        Files.deleteIfExists(passwordFile(side, name));
    }

    /** The sending side forgets it; also after a try that was cut short, whose receiving side is gone. */
    public static void unpublish(PostgresServer side, String name)
            throws SQLException, InterruptedException, IOException {
        Files.deleteIfExists(passwordFile(side, name));
        forget(side, name);
        try (Connection connection = side.open("postgres")) {
            Instant end = Instant.now().plus(SLOT_LIMIT);
            for (String slot : PostgresServer.strings(
                    connection,
                    "select slot_name from pg_replication_slots where slot_type = 'logical' and slot_name ~ '^" + name
                            + "_[0-9]+$'")) {
                while (true) {
                    try {
                        PostgresServer.execute(
                                connection,
                                "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '"
                                        + slot + "' and active",
                                "select pg_drop_replication_slot('" + slot + "')");
                        break;
                    } catch (SQLException inUse) {
                        if (Instant.now().isAfter(end)) {
                            throw inUse;
                        }
                        Thread.sleep(20);
                    }
                }
            }
        }
    }

    /** Publications alone, as a copy has them. */
    public static void forget(PostgresServer side, String name) throws SQLException, InterruptedException {
        side.inEach(side.everyDatabase(), (connection, database) -> new Publications(name).remove(connection));
    }

    /** Subscriptions of all databases are in one catalog. */
    static boolean subscribed(Connection connection, String name) throws SQLException {
        return PostgresServer.number(
                        connection,
                        "select count(*) from pg_subscription where subname = '" + name
                                + "' and subdbid = (select oid from pg_database where datname = current_database())")
                > 0;
    }

    static Path passwordFile(PostgresServer side, String name) {
        return side.clusters().folder(side.folder().id()).root().resolve(name + ".pass");
    }
}
