package dev.mooring.database.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong is answered with what is wrong, and never with a server error. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class BadInputTest {

    @Test
    void everyProblemOfARequestIsNamedAtOnce() {
        Response answer = Api.post("/v2/databases", """
                {"name":"under_score","engine":"pg","version":"9","num_nodes":7,"size":"huge","region":"moon",
                 "storage_size_mib":1,"tags":["no spaces"],"rules":[{"type":"ip_addr","value":"999.1.1.1"},{"type":"x","value":"y"}],
                 "project_id":"nope","do_settings":{"service_cnames":["_"]}}""");
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.jsonPath().getString("id")).isEqualTo("unprocessable_entity");
        assertThat(answer.jsonPath().getString("request_id")).isEqualTo(answer.header("x-request-id"));
        assertThat(answer.jsonPath().getString("message"))
                .contains("name: ")
                .contains("invalid cluster engine version")
                .contains("num_nodes: ")
                .contains("size: ")
                .contains("region: ")
                .contains("tags: ")
                .contains("rules[0].value: ")
                .contains("rules[1].type: ")
                .contains("project_id: ")
                .contains("service_cnames: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "\"text\"",
                "{\"name\":{}}",
                "{\"num_nodes\":\"one\"}",
                "{\"num_nodes\":1.5}",
                "{\"tags\":\"a\"}",
                "{\"rules\":[null]}",
                "{\"rules\":[1]}",
                "\u0000",
                "{\"name\":\"\\u0000\"}"
            })
    void aBodyThatIsNoClusterIsTheCallersFault(String body) {
        Response answer = Api.post("/v2/databases", body);
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(400, 422);
        assertThat(answer.jsonPath().getString("message")).isNotBlank();
        assertThat(answer.jsonPath().getString("id")).isIn("bad_request", "unprocessable_entity");
    }

    /** Nothing is guessed at: what was meant is not known. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"name":false}                  | name: must be a text
            {"name":12}                     | name: must be a text
            {"name":"one","name":"two"}     | Duplicate field 'name'
            {"name":"one"} and more         | Unrecognized token 'and'
            {"name":"one"} {}               | nothing may follow the JSON
            {"num_nodes":"1"}               | num_nodes: must be a whole number
            {"num_nodes":1.5}               | num_nodes: must be a whole number
            {"tags":"one"}                  | tags: must be a list
            []                              | must be an object
            """)
    void whatIsNotQuiteACluster(String body, String rule) {
        Response answer = Api.post("/v2/databases", body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(400);
        assertThat(answer.jsonPath().getString("message")).contains(rule).doesNotContain("dev.mooring");
    }

    @Test
    void aWrongTypeNamesItsMember() {
        Response answer = Api.post("/v2/databases", "{\"num_nodes\":\"one\"}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.jsonPath().getString("message"))
                .startsWith("error parsing request body: num_nodes")
                .doesNotContain("dev.mooring");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/users",
                "/dbs",
                "/firewall",
                "/config",
                "/ca",
                "/events",
                "/backups",
                "/replicas",
                "/pools",
                "/autoscale",
                "/do_settings"
            })
    void whatIsNotThereIsNotFound(String rest) {
        for (String id : new String[] {UUID.randomUUID().toString(), "not-a-uuid", "'; drop table cluster; --"}) {
            Response answer = Api.as(TestGround.TOKEN).pathParam("id", id).get("/v2/databases/{id}" + rest);
            assertThat(answer.statusCode()).as(id + rest).isEqualTo(404);
            assertThat(answer.jsonPath().getString("id")).isEqualTo("not_found");
            assertThat(answer.jsonPath().getString("message")).isEqualTo("cluster not found");
        }
    }

    @Test
    void anUnknownRouteHasTheApisErrorBody() {
        Response answer = Api.get("/v2/nothing/here");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.jsonPath().getString("message")).isEqualTo("404 page not found");
    }

    @ParameterizedTest
    @CsvSource({"page=0", "page=x", "per_page=0", "per_page=201", "per_page=-1"})
    void aPageThatCannotBeIsTheCallersFault(String query) {
        assertThat(Api.get("/v2/databases?" + query).statusCode()).isEqualTo(400);
    }

    @Test
    void namesAreNeverSql() throws Exception {
        Api.TestCluster cluster = Api.cluster("16");
        for (String name : new String[] {
            "a'; drop role doadmin; --",
            "a\\\"b",
            "postgres",
            "pg_monitor",
            "mooring_owner",
            "x".repeat(64),
            "",
            "1a",
            "a b"
        }) {
            assertThat(Api.post(cluster.path("/users"), "{\"name\":\"" + name + "\"}")
                            .statusCode())
                    .as(name)
                    .isEqualTo(422);
            assertThat(Api.post(
                                    cluster.path("/dbs"),
                                    "{\"name\":\""
                                            + name.replace("mooring_owner", "template1")
                                                    .replace("pg_monitor", "template0")
                                            + "\"}")
                            .statusCode())
                    .as(name)
                    .isEqualTo(422);
        }
        // Quoting holds for what is allowed too.
        assertThat(Api.post(cluster.path("/users"), "{\"name\":\"select\"}").statusCode())
                .isEqualTo(201);
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"Mixed-Case.db\"}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(cluster.query("select count(*) from pg_database where datname = 'Mixed-Case.db'"))
                .isEqualTo("1");
        assertThat(Api.delete(cluster.path("/dbs/Mixed-Case.db")).statusCode()).isEqualTo(204);
        assertThat(Api.delete(cluster.path("/users/select")).statusCode()).isEqualTo(204);
        cluster.delete();
    }

    @Test
    void whatLaterVersionsBringIsRefusedByName() {
        Api.TestCluster cluster = Api.cluster("16");
        assertRefused(Api.put(cluster.path("/autoscale"), "{\"storage\":{\"enabled\":true}}"), "autoscaling");
        assertThat(Api.put(cluster.path("/autoscale"), "{\"storage\":{\"enabled\":false}}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(Api.get(cluster.path("/autoscale")).jsonPath().getBoolean("storage.enabled"))
                .isFalse();
        assertThat(Api.get(cluster.path("/eviction_policy")).jsonPath().getString("message"))
                .isEqualTo("operation is not supported for this cluster type");
        assertThat(Api.get(cluster.path("/sql_mode")).statusCode()).isEqualTo(422);
        assertThat(Api.get(cluster.path("/topics/x")).statusCode()).isEqualTo(422);
        cluster.delete();
    }

    private static void assertRefused(Response answer, String capability) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(422);
        assertThat(answer.jsonPath().getString("message")).contains(capability).contains("not available");
    }
}
