package dev.mooring.app.binding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.app.AppApi;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.PortThief;
import dev.mooring.support.TestGround;
import dev.mooring.support.Writer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Dev databases that become managed ones. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ConversionTest {

    private static String spec(String name, String database) {
        return """
                {"name":"%s","region":"nyc",
                 "services":[{"name":"web","git":{"repo_clone_url":"https://example.com/x.git","branch":"main"},
                  "envs":[{"key":"DATABASE_URL","value":"${db.DATABASE_URL}"}]}],
                 "databases":[%s]}""".formatted(name, database);
    }

    private static String dev(String version) {
        return "{\"name\":\"db\",\"engine\":\"PG\",\"version\":\"" + version + "\"}";
    }

    /** An app whose dev database holds something. */
    private record Shop(String name, AppApi.TestApp app, TestCluster cluster, JsonPath details) {

        static Shop open(String version) throws SQLException {
            String name = AppApi.uniqueName();
            AppApi.TestApp app = AppApi.created(spec(name, dev(version)));
            app.awaitActive();
            JsonPath details = app.database(0);
            TestCluster cluster = TestCluster.of(
                    Api.get("/v2/databases/" + details.getString("database_id")).jsonPath());
            Shop shop = new Shop(name, app, cluster, details);
            try (Connection connection = shop.connect()) {
                Api.execute(connection, "create table orders as select generate_series(1, 1000) as id");
            }
            return shop;
        }

        Connection connect() throws SQLException {
            return cluster.connect(
                    details.getString("username"), details.getString("password"), details.getString("database_name"));
        }

        String query(String sql) throws SQLException {
            try (Connection connection = connect()) {
                return Api.query(connection, sql);
            }
        }

        Response convert(String body) {
            return Api.post("/mooring/v1/databases/" + cluster.id() + "/convert", body);
        }

        JsonPath operation(String id) {
            JsonPath operation = Api.get("/mooring/v1/operations/" + id).jsonPath();
            operation.setRootPath("operation");
            return operation;
        }

        JsonPath ended(String id) {
            Awaitility.await("operation " + id + " over")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> operation(id).getString("state").matches("done|failed"));
            return operation(id);
        }

        /** The managed cluster that it has become. */
        JsonPath managed() {
            return Api.get(cluster.path("")).jsonPath().setRootPath("database");
        }

        JsonPath entry() {
            return app.get("").setRootPath("app.spec.databases[0]");
        }

        void end() {
            app.delete();
            cluster.delete();
        }
    }

    @Test
    void itIsConvertedWhereItIsWhileItIsWrittenTo() throws Exception {
        Shop shop = Shop.open("16");
        String name = Api.uniqueName();
        try (Writer writer = new Writer(shop::connect).warm();
                PoolClient pooled = pooled(shop)) {
            Response answer = shop.convert("{\"name\":\"" + name + "\",\"size\":\"db-s-2vcpu-4gb\",\"num_nodes\":1}");
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
            JsonPath operation = shop.ended(answer.jsonPath().getString("operation.id"));
            assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
            if (pooled != null) {
                assertThat(operation.getInt("receipt.pool_clients_lost")).isZero();
                assertThat(pooled.warm().failures()).isEmpty();
            }
            assertThat(operation.getString("kind")).isEqualTo("convert-database");
            assertThat(operation.getDouble("receipt.write_pause_ms")).isPositive();
            shop.app().ended(answer.jsonPath().getString("deployment")).getString("deployment.phase");
            writer.warm().check();
        }
        shop.app().awaitActive();
        assertThat(Api.get("/v2/databases").jsonPath().getList("databases.name", String.class))
                .contains(name);
        assertThat(shop.managed().getString("size")).isEqualTo("db-s-2vcpu-4gb");
        assertThat(shop.managed().getString("connection.user")).isEqualTo("doadmin");
        assertThat(shop.managed().getList("db_names", String.class)).containsExactlyInAnyOrder("db", "defaultdb");
        assertThat(shop.entry().getBoolean("production")).isTrue();
        assertThat(shop.entry().getString("cluster_name")).isEqualTo(name);
        assertThat(shop.app().database(0).getString("database_url"))
                .as("the app goes on as it did")
                .isEqualTo(shop.details().getString("database_url"));
        assertThat(shop.query("show max_connections")).isEqualTo("100");
        List<String> sources =
                Api.get(shop.cluster().path("/firewall")).jsonPath().getList("rules.value", String.class);
        assertThat(sources).containsExactly(shop.app().id());
        otherUsersShareIt(shop);
        shop.end();
    }

    /** Clients of a connection pool of the dev database; null where there is nothing to make one with. */
    private static PoolClient pooled(Shop shop) throws SQLException {
        if (PgBouncer.find().isEmpty()) {
            System.err.println("\n*** SKIPPED: a conversion behind a pool: " + PgBouncer.missing() + " ***\n");
            return null;
        }
        Response created = Api.post(
                shop.cluster().path("/pools"),
                "{\"name\":\"busy\",\"mode\":\"transaction\",\"size\":3,\"db\":\"%s\",\"user\":\"%s\"}"
                        .formatted(
                                shop.details().getString("database_name"),
                                shop.details().getString("username")));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return new PoolClient(PoolClient.Address.of(created.jsonPath()), 4).warm();
    }

    /** As in a cluster that began as a managed one. */
    private static void otherUsersShareIt(Shop shop) throws SQLException {
        String admin = shop.managed().getString("connection.password");
        try (Connection connection = shop.cluster().connect("doadmin", admin, "db")) {
            assertThat(Api.query(connection, "select count(*) from orders")).isEqualTo("1000");
            Api.execute(connection, "alter table orders add column added int");
        }
        String password = Api.post(shop.cluster().path("/users"), "{\"name\":\"other\"}")
                .jsonPath()
                .getString("user.password");
        try (Connection connection = shop.cluster().connect("other", password, "db")) {
            Api.execute(connection, "create table others (id int)");
        }
        assertThat(Api.post(shop.cluster().path("/dbs"), "{\"name\":\"more\"}").statusCode())
                .isEqualTo(201);
    }

    @Test
    void aSpecConvertsItToANewerVersionInTheSameMove() throws Exception {
        Shop shop = Shop.open("15");
        String name = Api.uniqueName();
        String wanted = spec(
                shop.name(),
                "{\"name\":\"db\",\"engine\":\"PG\",\"version\":\"16\",\"production\":true,\"cluster_name\":\"" + name
                        + "\",\"size\":\"db-s-1vcpu-2gb\"}");
        Response proposal =
                Api.post("/v2/apps/propose", "{\"app_id\":\"" + shop.app().id() + "\",\"spec\":" + wanted + "}");
        assertThat(proposal.jsonPath().getString("warnings"))
                .contains("the dev database becomes the managed cluster " + name)
                .doesNotContain("there is no database cluster");
        Response updated = shop.app().put(wanted);
        assertThat(updated.statusCode()).as(updated.asString()).isEqualTo(200);
        shop.cluster().awaitOnline();
        shop.app().awaitActive();
        assertThat(shop.query("select current_setting('server_version_num')::int / 10000"))
                .isEqualTo("16");
        assertThat(shop.managed().getString("version")).isEqualTo("16");
        assertThat(shop.managed().getString("size")).isEqualTo("db-s-1vcpu-2gb");
        assertThat(shop.query("select count(*) from orders")).isEqualTo("1000");
        assertThat(shop.app().database(0).getString("username"))
                .as("whose it was, though the spec names no db_user")
                .isEqualTo("db");
        anOlderSpecMeansTheSameDatabase(shop);
        shop.end();
    }

    /** Nobody who deploys what was in version control gets an empty database. */
    private static void anOlderSpecMeansTheSameDatabase(Shop shop) throws SQLException {
        assertThat(shop.app().put(spec(shop.name(), dev("16"))).statusCode()).isEqualTo(200);
        shop.app().awaitActive();
        assertThat(shop.app().database(0).getString("database_id"))
                .isEqualTo(shop.cluster().id());
        assertThat(shop.query("select count(*) from orders")).isEqualTo("1000");
    }

    @Test
    @Tag("once")
    void aDevDatabaseGetsANewerVersionItsSpecFollowsAndItGoesBack() throws Exception {
        Shop shop = Shop.open("13");
        Response asked = Api.put(shop.cluster().path("/upgrade"), "{\"version\":\"15\"}");
        assertThat(asked.statusCode()).as(asked.asString()).isEqualTo(204);
        assertThat(Api.put(shop.cluster().path("/upgrade"), "{\"version\":\"16\"}")
                        .asString())
                .contains("Cannot make changes while the service is undergoing maintenance");
        shop.cluster().awaitOnline();
        assertThat(shop.entry().getString("version")).isEqualTo("15");
        assertThat(shop.query("select current_setting('server_version_num')::int / 10000"))
                .isEqualTo("15");
        try (Connection connection = shop.connect()) {
            Api.execute(connection, "insert into orders values (1001)");
        }
        Response undone = Api.post("/mooring/v1/databases/" + shop.cluster().id() + "/upgrade/undo?discard=true", "");
        assertThat(undone.statusCode()).as(undone.asString()).isEqualTo(202);
        shop.cluster().awaitOnline();
        assertThat(shop.entry().getString("version")).isEqualTo("13");
        assertThat(
                        shop.query(
                                "select current_setting('server_version_num')::int / 10000 || '|' || (select max(id) from orders)"))
                .isEqualTo("13|1000");
        shop.app().delete();
    }

    @Test
    @Tag("once")
    void whatCannotBeConvertedStaysADevDatabase() throws Exception {
        Shop shop = Shop.open("16");
        TestCluster taken = Api.cluster("16");
        assertThat(shop.convert("{\"name\":\"" + taken.name() + "\"}").asString())
                .contains("cluster name is not available");
        assertThat(shop.convert("{\"name\":\"x\",\"size\":\"huge\",\"num_nodes\":9}")
                        .asString())
                .contains("name: must have 3 to 63", "size: must be one of", "num_nodes: must be one of 1, 2, 3");
        assertThat(shop.convert("{\"name\":\"" + Api.uniqueName() + "\",\"version\":\"15\"}")
                        .asString())
                .contains("version: must be higher than 16");
        String entry = "{\"name\":\"db\",\"production\":true,\"cluster_name\":\"%s\"%s}";
        assertThat(shop.app()
                        .put(spec(shop.name(), entry.formatted(taken.name(), "")))
                        .asString())
                .contains("databases[0].cluster_name: the dev database db", "would be lost");
        assertThat(shop.app()
                        .put(spec(shop.name(), entry.formatted("fine-name", ",\"num_nodes\":7,\"version\":\"abc\"")))
                        .asString())
                .contains(
                        "databases[0].num_nodes: must be one of 1, 2, 3",
                        "databases[0].version: must be a major version");
        assertThat(Api.post("/mooring/v1/databases/" + taken.id() + "/convert", "{\"name\":\"fine-name\"}")
                        .asString())
                .contains("is a managed one already");
        assertThat(shop.entry().getMap("")).doesNotContainKey("production");
        assertThat(shop.query("select count(*) from orders")).isEqualTo("1000");
        taken.delete();
        shop.app().delete();
    }

    @Test
    @Tag("once")
    void aConversionThatFailsIsTakenBackInDatabaseAndSpec() throws Exception {
        Shop shop = Shop.open("16");
        String name = Api.uniqueName();
        String operation;
        try (PortThief thief = new PortThief(shop.cluster().port())) {
            operation = shop.convert("{\"name\":\"" + name + "\",\"size\":\"db-s-2vcpu-4gb\"}")
                    .jsonPath()
                    .getString("operation.id");
            thief.awaitStolen();
            assertThat(shop.convert("{\"name\":\"" + name + "\"}").statusCode()).isIn(412, 422);
            thief.awaitStep("ROLL_BACK", "cluster_id=" + shop.cluster().id());
        }
        assertThat(shop.ended(operation).getString("error")).contains("does not start with the new settings");
        shop.cluster().awaitOnline();
        assertThat(shop.app().newest().getString("deployment.phase")).isEqualTo("ERROR");
        assertThat(shop.entry().getMap(""))
                .as("the spec that the next deployment goes by")
                .doesNotContainKeys("production", "cluster_name", "db_name");
        assertThat(shop.query("select count(*) from orders")).isEqualTo("1000");
        assertThat(Api.get("/v2/databases").jsonPath().getList("databases.name", String.class))
                .doesNotContain(name);
        assertThat(shop.app().put(spec(shop.name(), dev("16"))).statusCode()).isEqualTo(200);
        assertThat(shop.app().database(0).getString("database_id"))
                .isEqualTo(shop.cluster().id());
        // 412 as long as what followed from the failure changes the cluster.
        Awaitility.await("converted after all")
                .atMost(Duration.ofSeconds(30))
                .until(() -> shop.convert("{\"name\":\"" + name + "\"}").statusCode(), code -> code != 412);
        shop.cluster().awaitOnline();
        shop.app().awaitActive();
        shop.end();
    }
}
