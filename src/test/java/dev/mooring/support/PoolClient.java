package dev.mooring.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api.TestCluster;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** Clients of a connection pool, with statements that are prepared on the server from their first use on. */
public final class PoolClient implements AutoCloseable {

    private static final int MANY = 50;

    private final List<Thread> threads = new ArrayList<>();
    private final List<SQLException> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger committed = new AtomicInteger();
    private volatile boolean running = true;

    /** Leaves a test out, and says so, where there are no pools. */
    public static void needsPgBouncer() {
        if (PgBouncer.find().isEmpty()) {
            System.err.println("\n*** SKIPPED: " + PgBouncer.missing() + "; deploy/fetch-pgbouncer fetches one ***\n");
        }
        assumeTrue(PgBouncer.find().isPresent(), "no PgBouncer");
    }

    /** Where a pool is and who may use it. */
    public record Address(String host, int port, String name, String user, String password) {

        public static Address of(JsonPath json) {
            return new Address(
                    json.getString("pool.connection.host"),
                    json.getInt("pool.connection.port"),
                    json.getString("pool.connection.database"),
                    json.getString("pool.connection.user"),
                    json.getString("pool.connection.password"));
        }

        public Address as(String otherUser, String itsPassword) {
            return new Address(host, port, name, otherUser, itsPassword);
        }

        public Connection connect() throws SQLException {
            return connect("127.0.0.1");
        }

        /** @param from an address of this machine's own */
        public Connection connect(String from) throws SQLException {
            Properties properties = new Properties();
            properties.setProperty("user", user);
            properties.setProperty("password", password);
            properties.setProperty("sslmode", "require");
            properties.setProperty("connectTimeout", "10");
            properties.setProperty("socketTimeout", "60");
            properties.setProperty("prepareThreshold", "1");
            properties.setProperty("localSocketAddress", from);
            return DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/" + name, properties);
        }
    }

    /**
     * A new pool of the database {@code defaultdb}.
     *
     * @param user null for whoever comes
     */
    public static Address create(TestCluster cluster, String name, String mode, int size, String user) {
        Response created = Api.post(cluster.path("/pools"), """
                {"name": "%s", "mode": "%s", "size": %d, "db": "defaultdb"%s}""".formatted(
                        name, mode, size, user == null ? "" : ", \"user\": \"" + user + "\""));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return Address.of(created.jsonPath());
    }

    /** So many that write from now on, each in transactions of two statements; none of them connects again. */
    public PoolClient(Address pool, int count) throws SQLException {
        try (Connection connection = pool.connect()) {
            Api.execute(
                    connection,
                    "create table if not exists pooled (client int, number int, primary key (client, number))");
        }
        for (int client = 0; client < count; client++) {
            Connection connection = pool.connect();
            connection.setAutoCommit(false);
            int number = client;
            threads.add(Thread.ofVirtual().start(() -> write(connection, number)));
        }
    }

    private void write(Connection connection, int client) {
        try (connection;
                PreparedStatement insert = connection.prepareStatement("insert into pooled values (?, ?)");
                PreparedStatement count =
                        connection.prepareStatement("select count(*) from pooled where client = ? and number = ?")) {
            for (int number = 0; running; number++) {
                for (PreparedStatement statement : List.of(insert, count)) {
                    statement.setInt(1, client);
                    statement.setInt(2, number);
                }
                insert.execute();
                try (ResultSet rows = count.executeQuery()) {
                    rows.next();
                }
                connection.commit();
                committed.incrementAndGet();
                Thread.sleep(2);
            }
        } catch (SQLException e) {
            failures.add(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** More commits before the next line of the test, or a failure. */
    public PoolClient warm() {
        int before = committed.get();
        Awaitility.await("transactions through the pool")
                .atMost(Duration.ofSeconds(60))
                .until(() -> committed.get() > before + MANY || !failures.isEmpty());
        return this;
    }

    public List<SQLException> failures() {
        return failures;
    }

    @Override
    public void close() throws InterruptedException {
        running = false;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
