package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.Sequences;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What is brought from a server to the one that takes its place, and looked at, while nobody can write. */
public final class LastTransfer {

    private final PostgresServer serving;
    private final PostgresServer coming;
    private final Replication there;

    public LastTransfer(PostgresServer serving, PostgresServer coming, Replication there) {
        this.serving = serving;
        this.coming = coming;
        this.there = there;
    }

    /**
     * @param sequences that have been brought before
     * @param glance for definitions since the last look
     * @param following the databases whose changes are to go back from now on
     * @param back name of that replication, published already
     * @throws NotCarried when something was written that is not on the other side
     */
    public void run(Fork fork, Sequences sequences, Glance glance, List<String> following, String back)
            throws SQLException, IOException, InterruptedException, NotCarried {
        there.catchUpAtOnce();
        refusePrepared(serving);
        List<String> missed = fork.carried().missedIn(serving);
        if (!missed.isEmpty()) {
            throw new NotCarried(
                    "meanwhile something was written that cannot be carried: " + String.join("; ", missed));
        }
        if (glance.changed(serving)) {
            throw new NotCarried("in the last moment something was defined");
        }
        sequences.bring(serving, coming);
        there.hold();
        if (!following.isEmpty()) {
            new Replication(coming, serving, back, following).open(openTransactions -> true);
        }
    }

    static void refusePrepared(PostgresServer closed) throws SQLException {
        try (Connection connection = closed.open("postgres")) {
            List<String> prepared = PostgresServer.strings(connection, "select gid from pg_catalog.pg_prepared_xacts");
            if (!prepared.isEmpty()) {
                throw new OperationFailed("a transaction was prepared meanwhile and waits for its end: "
                        + String.join(", ", prepared) + ". Commit it or roll it back, and upgrade again.");
            }
        }
    }
}
