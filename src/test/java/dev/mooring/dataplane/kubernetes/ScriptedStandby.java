package dev.mooring.dataplane.kubernetes;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** A standby node as its primary sees it: takes the WAL under the pod's name, and says that it has replayed it. */
final class ScriptedStandby implements AutoCloseable {

    private final Connection connection;
    private final PGReplicationStream stream;
    private final Thread thread;
    private volatile boolean over;

    ScriptedStandby(SharedServer server, String name) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("password", SharedServer.PASSWORD);
        properties.setProperty("replication", "true");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "17");
        properties.setProperty("sslmode", "require");
        properties.setProperty("ApplicationName", name);
        connection =
                DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres", properties);
        stream = connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .physical()
                .withStartPosition(LogSequenceNumber.valueOf(
                        server.list("select pg_current_wal_lsn()").getFirst()))
                .withStatusInterval(100, TimeUnit.MILLISECONDS)
                .start();
        thread = Thread.ofVirtual().name("scripted-standby").start(this::follow);
        Awaitility.await("the primary sees " + name)
                .atMost(Duration.ofSeconds(10))
                .until(() -> server.any("select 1 from pg_stat_replication where application_name = '" + name
                        + "' and state = 'streaming' and replay_lsn is not null"));
    }

    private void follow() {
        try {
            while (!over) {
                if (stream.readPending() == null) {
                    TimeUnit.MILLISECONDS.sleep(10);
                }
                stream.setFlushedLSN(stream.getLastReceiveLSN());
                stream.setAppliedLSN(stream.getLastReceiveLSN());
            }
        } catch (SQLException | InterruptedException ended) {
            // The primary sees it.
        }
    }

    @Override
    public void close() throws Exception {
        over = true;
        thread.join();
        connection.close();
    }
}
