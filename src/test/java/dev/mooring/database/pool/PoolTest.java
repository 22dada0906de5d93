package dev.mooring.database.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.app.AppApi;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.PoolClient.Address;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connection pools, with a real PgBouncer before real servers. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class PoolTest {

    @BeforeEach
    void needsPgBouncer() {
        PoolClient.needsPgBouncer();
    }

    private static String body(String name, String mode, int size, String db, String user) {
        return """
                {"name": "%s", "mode": "%s", "size": %d, "db": "%s"%s}""".formatted(name, mode, size, db, user == null ? "" : ", \"user\": \"" + user + "\"");
    }

    private static String user(TestCluster cluster, String name) {
        return Api.post(cluster.path("/users"), "{\"name\":\"" + name + "\"}")
                .jsonPath()
                .getString("user.password");
    }

    private static void refused(Response answer, int status, String... words) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        assertThat(answer.jsonPath().getString("message")).contains(words);
    }

    private static void trust(TestCluster cluster, String... addresses) {
        List<String> rules = new ArrayList<>();
        for (String address : addresses) {
            rules.add("{\"type\":\"ip_addr\",\"value\":\"" + address + "\"}");
        }
        Response answer = Api.put(cluster.path("/firewall"), "{\"rules\":[" + String.join(",", rules) + "]}");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(204);
    }

    private static long pid(TestCluster cluster, String side) throws Exception {
        return Long.parseLong(Files.readString(Path.of(
                        System.getProperty("mooring.home"), "clusters", cluster.id(), "pool", side, "pgbouncer.pid"))
                .strip());
    }

    @Test
    void poolsComeChangeAndGo() throws Exception {
        TestCluster cluster = Api.cluster("13");
        String itsPassword = user(cluster, "app");
        refused(
                Api.post(cluster.path("/pools"), "{\"name\":\"x\",\"mode\":\"fast\",\"size\":0}"),
                422,
                "name: must have at least 3",
                "mode: must be one of session, transaction, statement",
                "size: must be",
                "db: is required");
        refused(
                Api.post(cluster.path("/pools"), body("first", "session", 23, "nowhere", "nobody")),
                422,
                "size: the pools of a cluster of the size db-s-1vcpu-1gb may have 22",
                "db: the cluster has no database nowhere",
                "user: the cluster has no user nobody");
        refused(Api.post(cluster.path("/pools"), body("pgbouncer", "session", 1, "defaultdb", null)), 422, "reserved");
        refused(Api.get(cluster.path("/pools/first")), 404, "pool not found");
        refused(Api.delete(cluster.path("/pools/first")), 404, "pool not found");

        Response created = Api.post(cluster.path("/pools"), body("first", "transaction", 2, "defaultdb", "app"));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        JsonPath pool = created.jsonPath();
        Address first = Address.of(pool);
        assertThat(pool.getString("pool.connection.uri"))
                .isEqualTo("postgresql://app:" + itsPassword + "@" + first.host() + ":" + first.port()
                        + "/first?sslmode=require");
        assertThat(pool.getMap("pool.private_connection")).isEqualTo(pool.getMap("pool.connection"));
        refused(
                Api.post(cluster.path("/pools"), body("first", "session", 1, "defaultdb", null)),
                422,
                "exists already");
        Address everybody = PoolClient.create(cluster, "every.body-2", "session", 3, null);
        JsonPath inbound = Api.get(cluster.path("/pools/every.body-2")).jsonPath();
        assertThat(inbound.getString("pool.user")).isEmpty();
        assertThat(inbound.getString("pool.connection.uri"))
                .isEqualTo("postgresql://:@" + first.host() + ":" + first.port() + "/every.body-2?sslmode=require");
        PoolClient.create(cluster, "single", "statement", 1, "doadmin");
        assertThat(Api.get(cluster.path("/pools")).jsonPath().getList("pools.name"))
                .containsExactly("first", "every.body-2", "single");

        manyClientsShareFewServers(first);
        theirWaitIsMeasured(cluster, first);
        assertThatThrownBy(() -> first.as("doadmin", cluster.password()).connect())
                .as("the pool is another user's")
                .isInstanceOf(SQLException.class);
        try (Connection admin = everybody.as("doadmin", cluster.password()).connect()) {
            assertThat(Api.query(admin, "select current_user || ' ' || session_user || ' ' || current_database()"))
                    .isEqualTo("doadmin doadmin defaultdb");
        }
        refused(Api.delete(cluster.path("/users/app")), 422, "connection pools work with it (first)");
        refused(
                Api.put(cluster.path("/pools/first"), "{\"mode\":\"transaction\",\"size\":19,\"db\":\"defaultdb\"}"),
                422,
                "so that 18 are left");
        try (Connection client = first.connect()) {
            String server = Api.query(client, "select pg_backend_pid()");
            assertThat(Api.put(
                                    cluster.path("/pools/first"),
                                    "{\"mode\":\"transaction\",\"size\":3,\"db\":\"defaultdb\"}")
                            .statusCode())
                    .isEqualTo(204);
            assertThat(Api.query(client, "select pg_backend_pid()"))
                    .as("another size keeps clients and server connections")
                    .isEqualTo(server);
            assertThat(Api.get(cluster.path("/pools/first")).jsonPath().getString("pool.user"))
                    .as("nobody said anything of the user")
                    .isEqualTo("app");
            assertThat(Api.put(
                                    cluster.path("/pools/first"),
                                    "{\"mode\":\"transaction\",\"size\":3,\"db\":\"defaultdb\",\"user\":\"doadmin\"}")
                            .statusCode())
                    .isEqualTo(204);
            assertThat(client.isValid(2))
                    .as("a client whose pool it is not any more")
                    .isFalse();
        }
        assertThat(Api.put(
                                cluster.path("/pools/first"),
                                "{\"mode\":\"transaction\",\"size\":3,\"db\":\"defaultdb\",\"user\":\"\"}")
                        .statusCode())
                .isEqualTo(204);
        passwordsOfNow(cluster, first, itsPassword);
        nobodyGetsAtTheLookup(cluster, first);
        fromTrustedSourcesAlone(cluster, first.as("doadmin", cluster.password()));
        comesBack(cluster, first.as("doadmin", cluster.password()));

        anAppIsGivenThem(cluster);
        for (String name : List.of("first", "every.body-2", "single")) {
            assertThat(Api.delete(cluster.path("/pools/" + name)).statusCode()).isEqualTo(204);
        }
        assertThatThrownBy(first::connect).as("nothing is left that listens").isInstanceOf(SQLException.class);
        assertThat(Api.delete(cluster.path("/users/app")).statusCode()).isEqualTo(204);
        cluster.delete();
    }

    private static void manyClientsShareFewServers(Address pool) throws SQLException {
        List<Connection> clients = new ArrayList<>();
        try {
            List<String> servers = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(pool.connect());
                try (PreparedStatement asked = clients.get(i).prepareStatement("select pg_backend_pid() + ? * 0")) {
                    for (int again = 0; again < 3; again++) {
                        asked.setInt(1, again);
                        try (ResultSet row = asked.executeQuery()) {
                            row.next();
                            servers.add(row.getString(1));
                        }
                    }
                }
            }
            assertThat(servers.stream().distinct()).hasSizeLessThanOrEqualTo(2);
        } finally {
            for (Connection client : clients) {
                client.close();
            }
        }
    }

    /** Two transactions have both server connections. */
    private static void theirWaitIsMeasured(TestCluster cluster, Address pool) throws Exception {
        try (Connection one = pool.connect();
                Connection other = pool.connect();
                Connection third = pool.connect()) {
            for (Connection client : List.of(one, other)) {
                client.setAutoCommit(false);
                Api.query(client, "select 1");
            }
            Thread waiting = Thread.ofVirtual().start(() -> {
                try {
                    Api.query(third, "select 1");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            Awaitility.await("a client that waits")
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(cluster.metrics())
                            .contains(
                                    "pgbouncer_up 1\n",
                                    "pgbouncer_databases_pool_size{database=\"first\"} 2\n",
                                    "pgbouncer_pools_client_waiting_connections{database=\"first\",user=\"app\"} 1\n",
                                    "pgbouncer_pools_server_active_connections{database=\"first\",user=\"app\"} 2\n")
                            .doesNotContain("mooring_auth", "mooring_pooler"));
            one.commit();
            waiting.join();
            other.commit();
        }
        assertThat(cluster.metrics())
                .containsPattern("pgbouncer_stats_client_wait_seconds_total\\{database=\"first\"\\} [0-9.]*[1-9]");
    }

    private static void passwordsOfNow(TestCluster cluster, Address pool, String before) throws SQLException {
        assertThatThrownBy(() -> pool.as("app", "wrong").connect()).isInstanceOf(SQLException.class);
        pool.as("app", before).connect().close();
        String now =
                Api.post(cluster.path("/users/app/reset_auth"), "{}").jsonPath().getString("user.password");
        assertThatThrownBy(() -> pool.as("app", before).connect()).isInstanceOf(SQLException.class);
        try (Connection client = pool.as("app", now).connect()) {
            assertThat(Api.query(client, "select current_user")).isEqualTo("app");
        }
    }

    /** On a version whose CREATEROLE reaches every role but superusers. */
    private static void nobodyGetsAtTheLookup(TestCluster cluster, Address pool) throws SQLException {
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "alter role mooring_pooler password 'mine'");
            Api.execute(owner, "grant mooring_pooler to doadmin");
            assertThatThrownBy(() -> Api.query(owner, "select * from mooring_pool.lookup('app')"))
                    .isInstanceOf(SQLException.class);
        }
        assertThatThrownBy(() -> cluster.connect("mooring_pooler", "mine", "postgres"))
                .as("without the pools' certificate")
                .isInstanceOf(SQLException.class);
        try (Connection owner = cluster.connect("doadmin", cluster.password(), "postgres")) {
            assertThat(Api.query(owner, "select * from mooring_pool.lookup('app')"))
                    .as("a member of the role is told of nobody")
                    .isNull();
            assertThatThrownBy(() -> Api.execute(
                            owner,
                            "create or replace function mooring_pool.lookup(name text) returns table (usename text,"
                                    + " passwd text) language sql as $$ select 'a', 'b' $$"))
                    .isInstanceOf(SQLException.class);
        }
        for (String role : List.of("mooring_pooler", "postgres", "mooring_console", "pgbouncer")) {
            assertThatThrownBy(() -> pool.as(role, "mine").connect()).as(role).isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> new Address(pool.host(), pool.port(), "pgbouncer", role, "mine").connect())
                    .as(role + " at the console")
                    .isInstanceOf(SQLException.class);
        }
        assertThat(user(cluster, "later")).isNotEmpty();
        try (Connection owner = cluster.connect()) {
            assertThat(Api.query(owner, "select pg_has_role('doadmin', 'mooring_pooler', 'member')"))
                    .as("the next change puts it right")
                    .isEqualTo("f");
        }
        Api.delete(cluster.path("/users/later"));
    }

    private static void fromTrustedSourcesAlone(TestCluster cluster, Address pool) throws SQLException {
        try (Connection stranger = pool.connect("127.0.0.1");
                Connection guest = pool.connect("127.0.0.7")) {
            trust(cluster, "127.0.0.7");
            assertThat(stranger.isValid(2)).as("a client from elsewhere").isFalse();
            assertThat(guest.isValid(20)).as("a client that is trusted").isTrue();
        }
        assertThatThrownBy(() -> pool.connect("127.0.0.1")).isInstanceOf(SQLException.class);
        pool.connect("127.0.0.7").close();
        assertThatThrownBy(cluster::connect)
                .as("the server lets the pools in from here, and nobody else")
                .isInstanceOf(SQLException.class);
        trust(cluster);
        pool.connect("127.0.0.1").close();
    }

    private static void comesBack(TestCluster cluster, Address pool) throws Exception {
        long lost = pid(cluster, "a");
        assertThat(new ProcessBuilder("kill", "-KILL", Long.toString(lost))
                        .start()
                        .waitFor())
                .isZero();
        Awaitility.await("the pools are back")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> {
                    try (Connection client = pool.connect()) {
                        return client.isValid(1);
                    }
                });
        assertThat(pid(cluster, "a")).isNotEqualTo(lost);
    }

    private static void anAppIsGivenThem(TestCluster cluster) {
        AppApi.TestApp app = AppApi.created("""
                {"name":"%s","region":"nyc","services":[{"name":"web","git":{"repo_clone_url":"https://example.com/x.git"},
                 "envs":[{"key":"OWN","value":"${db.single.DATABASE_URL}"},{"key":"WHERE","value":"${db.first.HOSTNAME}:${db.first.PORT}"},
                  {"key":"NONE","value":"${db.none.DATABASE_URL}"}]}],
                 "databases":[{"name":"db","engine":"PG","production":true,"cluster_name":"%s","db_user":"app"}]}""".formatted(AppApi.uniqueName(), cluster.name()));
        app.awaitActive();
        String url = Api.get(cluster.path("/pools/single")).jsonPath().getString("pool.connection.uri");
        assertThat(Api.get("/mooring/v1/apps/" + app.id() + "/components/web/env?format=json")
                        .jsonPath()
                        .<String, String>getMap(""))
                .containsEntry("OWN", url)
                .containsEntry(
                        "WHERE",
                        URI.create(url).getHost() + ":" + URI.create(url).getPort())
                .containsEntry("NONE", "${db.none.DATABASE_URL}");
        JsonPath pools = app.database(0);
        assertThat(pools.getString("pools.find { it.pool_name == 'single' }.database_url"))
                .isEqualTo(url);
        assertThat(pools.getString("pools.find { it.pool_name == 'first' }.username"))
                .as("to a pool of everybody it comes as to the database")
                .isEqualTo("app");
        app.delete();
    }
}
