package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Tables of a server that others follow which have lost what their rows are told apart by. */
public final class LostKeys {

    /** Less than a server waits before it ends one of two that wait for each other: that must not be the user's. */
    private static final Duration NO_DEADLOCK = Duration.ofMillis(500);

    private LostKeys() {}

    /**
     * Has them published without changes of their rows, which PostgreSQL refuses otherwise. One that somebody has locked is left for
     * another time.
     *
     * @param name of what is published by {@link Replication#publishThese}
     * @return those that are so from now on, with their database
     */
    public static List<String> unpublish(PostgresServer from, String name, List<String> databases)
            throws SQLException, InterruptedException {
        List<String> lost = new ArrayList<>();
        from.inEach(databases, (connection, database) -> {
            PostgresServer.execute(connection, "set lock_timeout = " + NO_DEADLOCK.toMillis());
            for (String table : new Publications(name).withoutLostKeys(connection)) {
                lost.add(table + " in " + database);
            }
        });
        return lost;
    }
}
