package dev.mooring.database.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.PoolClient.Address;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** A connection pool of a read-only node, with a client that reads through it all the time and never connects again. */
final class ReplicaPool implements AutoCloseable {

    private static final String USER = "reader";
    private static final int MANY = 20;

    private final Address address;
    private final List<SQLException> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final Thread reading;
    private volatile boolean running = true;

    /** Made by the node's id, as Terraform does it. Its user is one of the cluster's, who cannot be deleted for as long. */
    static ReplicaPool of(TestCluster cluster, TestCluster replica) throws SQLException {
        assertThat(Api.post(cluster.path("/users"), "{\"name\":\"" + USER + "\"}")
                        .statusCode())
                .isEqualTo(201);
        Response unknown = Api.post(replica.path("/pools"), """
                {"name": "unknown", "mode": "transaction", "size": 500, "db": "nowhere", "user": "nobody"}""");
        assertThat(unknown.statusCode()).isEqualTo(422);
        assertThat(unknown.jsonPath().getString("message")).contains("size: ", "db: ", "user: ");
        Address pool = PoolClient.create(replica, "reading", "transaction", 3, USER);
        assertThat(pool.port()).isNotEqualTo(replica.port());
        assertThat(Api.get(replica.path("/pools")).jsonPath().getList("pools.name"))
                .containsExactly("reading");
        assertThat(Api.get(cluster.path("/pools")).jsonPath().getList("pools")).isEmpty();
        Response deleted = Api.delete(cluster.path("/users/" + USER));
        assertThat(deleted.statusCode()).isEqualTo(422);
        assertThat(deleted.jsonPath().getString("message")).contains("reading of the read-only node " + replica.name());
        try (Connection client = pool.connect()) {
            assertThat(Api.query(client, "select pg_is_in_recovery() || ' ' || current_user"))
                    .isEqualTo("true " + USER);
            assertThatThrownBy(() -> Api.execute(client, "create table written (id int)"))
                    .hasMessageContaining("read-only transaction");
        }
        lessTrusted(replica, pool);
        return new ReplicaPool(pool);
    }

    private static void lessTrusted(TestCluster replica, Address pool) throws SQLException {
        try (Connection stranger = pool.connect();
                Connection guest = pool.connect("127.0.0.9")) {
            assertThat(trust(replica, "{\"type\":\"ip_addr\",\"value\":\"127.0.0.9\"}"))
                    .isEqualTo(204);
            assertThat(stranger.isValid(2)).as("a client from elsewhere").isFalse();
            assertThatThrownBy(pool::connect).isInstanceOf(SQLException.class);
            assertThatThrownBy(replica::connect).isInstanceOf(SQLException.class);
            // Strangers are looked for four times a second after a change.
            String server = Api.query(guest, "select pg_backend_pid() || pg_sleep(1)::text");
            assertThat(Api.query(guest, "select pg_backend_pid()"))
                    .as("the pool's own session is nobody else's")
                    .isEqualTo(server);
        }
        assertThat(trust(replica, "")).isEqualTo(204);
    }

    private static int trust(TestCluster replica, String rules) {
        return Api.put(replica.path("/firewall"), "{\"rules\":[" + rules + "]}").statusCode();
    }

    private ReplicaPool(Address address) throws SQLException {
        this.address = address;
        Connection client = address.connect();
        this.reading = Thread.ofVirtual().start(() -> read(client));
    }

    private void read(Connection client) {
        try (client) {
            while (running) {
                Api.query(client, "select count(*) from pg_class");
                answered.incrementAndGet();
                Thread.sleep(2);
            }
        } catch (SQLException e) {
            failures.add(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The client goes on, and has seen nothing fail. */
    void goesOn(String after) {
        int before = answered.get();
        Awaitility.await("answers through the pool after " + after)
                .atMost(Duration.ofSeconds(60))
                .until(() -> answered.get() > before + MANY || !failures.isEmpty());
        assertThat(failures).as(after).isEmpty();
    }

    /** Of the cluster that the node has become. */
    void canBeWrittenTo() throws SQLException {
        try (Connection client = address.connect()) {
            assertThat(Api.query(client, "select pg_is_in_recovery() || ' ' || current_user"))
                    .isEqualTo("false " + USER);
            Api.execute(client, "create temp table written (id int)");
        }
    }

    @Override
    public void close() throws InterruptedException {
        running = false;
        reading.join();
    }
}
