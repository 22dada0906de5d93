package dev.mooring.mcp;

import static dev.mooring.mcp.Agent.MAPPER;
import static dev.mooring.mcp.Agent.PATH;
import static dev.mooring.mcp.Agent.json;
import static dev.mooring.mcp.Agent.made;
import static dev.mooring.mcp.Agent.send;
import static dev.mooring.mcp.Agent.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What agents see and do, with which token, and what of it is written down. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class McpTest {

    private static Api.TestCluster cluster;

    /** One for all tests: none of them changes it. */
    private static synchronized Api.TestCluster cluster() {
        cluster = cluster == null ? Api.cluster("16") : cluster;
        return cluster;
    }

    /** The result of a tool. */
    private static JsonNode call(String token, String tool, String arguments) throws Exception {
        Response answer = send(token, "tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(json(answer).path("id").asInt()).isEqualTo(7);
        return json(answer).path("result");
    }

    /** What a tool that did its work has found. */
    private static JsonNode done(String token, String tool, String arguments) throws Exception {
        JsonNode result = call(token, tool, arguments);
        assertThat(result.path("isError").asBoolean()).as(result.toString()).isFalse();
        assertThat(MAPPER.readTree(result.at("/content/0/text").asText())).isEqualTo(result.path("structuredContent"));
        return result.path("structuredContent");
    }

    private static String refused(String token, String tool, String arguments) throws Exception {
        JsonNode result = call(token, tool, arguments);
        assertThat(result.path("isError").asBoolean()).as(result.toString()).isTrue();
        return result.at("/content/0/text").asText();
    }

    private static List<String> offered(String token) throws Exception {
        List<String> names = new ArrayList<>();
        json(send(token, "tools/list", "{}"))
                .at("/result/tools")
                .forEach(tool -> names.add(tool.path("name").asText()));
        return names;
    }

    @Test
    void aTokenThatOnlyReadsIsOfferedAndDoesNothingElse() throws Exception {
        String reader = token("database:read");
        assertThat(offered(reader))
                .containsExactly(
                        "get_cluster",
                        "get_health",
                        "get_operation",
                        "get_recovery_proof",
                        "get_recovery_window",
                        "list_clusters",
                        "list_events",
                        "list_operations",
                        "preview_restore");
        assertThat(offered(TestGround.TOKEN))
                .contains("cancel_operation", "start_drill", "switch_over", "check_upgrade", "undo_upgrade");
        assertThat(offered(token("account:read"))).containsExactly("get_health");
        for (String tool : List.of("start_drill", "switch_over", "undo_upgrade")) {
            assertThat(refused(reader, tool, "{\"cluster\":\"" + cluster().id() + "\"}"))
                    .contains("the token lacks the scope database:update");
        }
        assertThat(refused(token("account:read"), "list_clusters", "{}")).contains("database:read");
    }

    @Test
    void clustersAreLookedAtWithoutTheirPasswords() throws Exception {
        for (String tool : List.of("list_clusters", "get_cluster")) {
            String seen = done(
                            TestGround.TOKEN,
                            tool,
                            tool.startsWith("get")
                                    ? "{\"cluster\":\"" + cluster().name() + "\"}"
                                    : "{}")
                    .toString();
            assertThat(seen)
                    .contains(cluster().id())
                    .doesNotContain(cluster().password())
                    .doesNotContain(
                            Api.get(cluster().path("/users/doadmin")).jsonPath().getString("user.password"));
        }
        JsonNode inspected = done(
                TestGround.TOKEN, "get_cluster", "{\"cluster\":\"" + cluster().id() + "\"}");
        assertThat(inspected.at("/database/status").asText()).isEqualTo("online");
        assertThat(inspected.at("/nodes/0/role").asText()).isEqualTo("primary");
        JsonNode events = done(
                TestGround.TOKEN, "list_events", "{\"cluster\":\"" + cluster().name() + "\",\"limit\":1}");
        assertThat(events.path("events")).hasSize(1);
        assertThat(done(TestGround.TOKEN, "get_health", "{}").path("checks")).isNotEmpty();
    }

    @Test
    void aDrillIsFollowedToItsProofAndWrittenDown() throws Exception {
        Response maker = made("database:read", "database:update");
        String agent = maker.jsonPath().getString("token.token");
        String named = "{\"cluster\":\"" + cluster().name() + "\"}";
        // The first backup is made right after the cluster.
        Awaitility.await("backup")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !call(agent, "get_recovery_window", named)
                        .path("isError")
                        .asBoolean());
        JsonNode started = done(agent, "start_drill", named).path("operation");
        String id = started.path("id").asText();
        JsonNode ended = done(agent, "get_operation", "{\"operation\":\"" + id + "\",\"wait_seconds\":50}")
                .path("operation");
        assertThat(ended.path("state").asText()).as(ended.toString()).isEqualTo("done");
        assertThat(ended.at("/receipt/tables_read").isIntegralNumber()).isTrue();
        assertThat(done(agent, "get_recovery_proof", named)
                        .at("/proof/operation_id")
                        .asText())
                .isEqualTo(id);
        assertThat(done(agent, "get_recovery_window", named)
                        .path("last_drill_passed")
                        .asBoolean())
                .isTrue();
        assertThat(done(agent, "preview_restore", named)
                        .at("/restore_preview/backup_at")
                        .asText())
                .isNotEmpty();
        assertThat(done(agent, "list_operations", "{\"cluster\":\"" + cluster().id() + "\",\"per_page\":1}")
                        .at("/operations/0/id")
                        .asText())
                .isEqualTo(id);
        assertThat(refused(agent, "cancel_operation", "{\"operation\":\"" + id + "\"}"))
                .contains("has ended already");
        assertThat(refused(agent, "retry_operation", "{\"operation\":\"" + id + "\"}"))
                .contains("can be retried");

        String token = maker.jsonPath().getString("token.id");
        var audit = Api.get("/mooring/v1/audit?token=" + token).jsonPath();
        assertThat(audit.getList("entries.parameters.tool"))
                .as("newest first, and nothing that only reads")
                .containsExactly("retry_operation", "cancel_operation", "start_drill");
        assertThat(audit.getList("entries.status")).containsExactly(412, 412, 200);
        assertThat(audit.getList("entries.endpoint")).containsOnly(PATH);
        assertThat(audit.getList("entries.subject_id"))
                .containsExactly(id, id, cluster().id());
        assertThat(audit.getString("entries[2].subject_kind")).isEqualTo("database");
        assertThat(audit.getString("entries[2].operation_id")).isEqualTo(id);
    }

    @Test
    void whatStandsInTheWayOfAnUpgradeIsNamed() throws Exception {
        String named = cluster().name();
        assertThat(refused(TestGround.TOKEN, "check_upgrade", "{\"cluster\":\"" + named + "\",\"version\":\"15\"}"))
                .contains("version: must be higher than 16");
        assertThat(refused(TestGround.TOKEN, "undo_upgrade", "{\"cluster\":\"" + named + "\"}"))
                .contains("no upgrade of the cluster that could be undone");
        assertThat(refused(TestGround.TOKEN, "switch_over", "{\"cluster\":\"" + named + "\"}"))
                .contains("no standby node");
    }

    @Test
    void everythingThatIsWrongWithArgumentsIsNamedAtOnce() throws Exception {
        assertThat(refused(TestGround.TOKEN, "list_events", "{\"limit\":0,\"more\":1}"))
                .contains(
                        "cluster: is required", "limit: must be a whole number from 1 to 500", "more: is no argument");
        assertThat(refused(TestGround.TOKEN, "list_operations", "{\"state\":\"gone\",\"page\":\"1\"}"))
                .contains("state: must be one of queued", "page: must be a whole number");
        assertThat(refused(TestGround.TOKEN, "get_cluster", "{\"cluster\":\"a\\u0000b\"}"))
                .contains("must not hold control characters");
        assertThat(refused(TestGround.TOKEN, "get_cluster", "{\"cluster\":\"" + "x".repeat(300) + "\"}"))
                .contains("at most 255");
        assertThat(refused(TestGround.TOKEN, "get_cluster", "[1]")).contains("arguments: must be an object");
        for (String none : List.of("no-such-cluster", UUID.randomUUID().toString())) {
            assertThat(refused(TestGround.TOKEN, "get_cluster", "{\"cluster\":\"" + none + "\"}"))
                    .isEqualTo("cluster not found");
        }
    }

    @Test
    void anotherTeamsClustersAndOperationsAreNotThere() throws Exception {
        String team = "team-" + UUID.randomUUID().toString().substring(0, 13);
        assertThat(Api.post("/mooring/v1/teams", "{\"name\":\"" + team + "\"}").statusCode())
                .isEqualTo(201);
        String other = Api.post("/mooring/v1/teams/" + team + "/tokens", "{\"name\":\"agent\",\"scopes\":[\"*\"]}")
                .jsonPath()
                .getString("token.token");
        String operation = Api.get(
                        "/mooring/v1/operations?cluster_id=" + cluster().id())
                .jsonPath()
                .getString("operations[0].id");
        for (String named : List.of(cluster().id(), cluster().name())) {
            for (String tool : offered(other)) {
                if (!tool.contains("operation") && !tool.equals("list_clusters") && !tool.equals("get_health")) {
                    String version = tool.equals("check_upgrade") ? ",\"version\":\"18\"" : "";
                    assertThat(refused(other, tool, "{\"cluster\":\"" + named + "\"" + version + "}"))
                            .as(tool)
                            .isEqualTo("cluster not found");
                }
            }
        }
        for (String tool : List.of("get_operation", "cancel_operation", "retry_operation")) {
            assertThat(refused(other, tool, "{\"operation\":\"" + operation + "\"}"))
                    .isEqualTo("operation not found");
        }
        assertThat(done(other, "list_clusters", "{}").path("databases")).isEmpty();
        assertThat(done(other, "list_operations", "{\"cluster\":\"" + cluster().id() + "\"}")
                        .path("total")
                        .asInt())
                .isZero();
        assertThat(Api.delete("/mooring/v1/teams/" + team).statusCode()).isEqualTo(204);
    }

    @Test
    void aCallCountsAgainstTheLimitOfItsToken() {
        Response answer = send(TestGround.TOKEN, "tools/list", "{}");
        assertThat(answer.header("ratelimit-remaining")).isNotEmpty();
    }
}
