package dev.mooring.mcp;

import static dev.mooring.mcp.Agent.PATH;
import static dev.mooring.mcp.Agent.json;
import static dev.mooring.mcp.Agent.send;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What comes in which form and from whom, whatever tool is asked for. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class McpMessageTest {

    private static final String MODERN = "2026-07-28";

    private static final String META = """
            "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}""";

    @Test
    void aClientOfEachRevisionIsUnderstood() throws Exception {
        JsonNode initialized = json(
                send(
                        TestGround.TOKEN,
                        "initialize",
                        "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}"));
        assertThat(initialized.at("/result/protocolVersion").asText()).isEqualTo("2025-06-18");
        assertThat(initialized.at("/result/serverInfo/name").asText()).isEqualTo("mooring");
        assertThat(json(send(TestGround.TOKEN, "initialize", "{\"protocolVersion\":\"1999-01-01\"}"))
                        .at("/result/protocolVersion")
                        .asText())
                .isEqualTo("2025-11-25");
        Response notified = Api.as(TestGround.TOKEN)
                .body("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}")
                .post(PATH);
        assertThat(notified.statusCode()).isEqualTo(202);
        assertThat(notified.asString()).isEmpty();
        assertThat(Api.get(PATH).statusCode()).as("no stream of its own").isEqualTo(405);
        assertThat(json(send(TestGround.TOKEN, "ping", "{}")).path("result").isObject())
                .isTrue();

        RequestSpecification modern =
                Api.as(TestGround.TOKEN).header("MCP-Protocol-Version", MODERN).header("Mcp-Method", "server/discover");
        JsonNode discovered = json(modern.body(
                        "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"server/discover\",\"params\":{" + META + "}}")
                .post(PATH));
        assertThat(discovered.path("id").asText()).isEqualTo("a");
        assertThat(discovered.at("/result/resultType").asText()).isEqualTo("complete");
        assertThat(discovered.at("/result/supportedVersions").toString()).contains(MODERN, "2025-11-25");
    }

    @Test
    void whatTheHeadersOfTheNewestRevisionSayIsWhatTheBodySays() throws Exception {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"list_clusters\","
                + META + "}}";
        Map<String, String> right = Map.of(
                "MCP-Protocol-Version",
                MODERN,
                "Mcp-Method",
                "tools/call",
                "Mcp-Name",
                "=?base64?bGlzdF9jbHVzdGVycw==?=");
        Response answered = Api.as(TestGround.TOKEN).headers(right).body(body).post(PATH);
        assertThat(json(answered).at("/result/structuredContent/databases").isArray())
                .as(answered.asString())
                .isTrue();
        for (Map<String, String> wrong : List.of(
                Map.of("MCP-Protocol-Version", MODERN, "Mcp-Method", "tools/call"),
                Map.of("MCP-Protocol-Version", MODERN, "Mcp-Method", "tools/list", "Mcp-Name", "list_clusters"),
                Map.of("Mcp-Method", "tools/call", "Mcp-Name", "list_clusters"),
                Map.of("MCP-Protocol-Version", MODERN, "Mcp-Method", "tools/call", "Mcp-Name", "undo_upgrade"))) {
            Response answer = Api.as(TestGround.TOKEN).headers(wrong).body(body).post(PATH);
            assertThat(answer.statusCode()).as(wrong.toString()).isEqualTo(400);
            assertThat(json(answer).at("/error/code").asInt()).isEqualTo(-32020);
        }
        Response unknown = Api.as(TestGround.TOKEN)
                .header("MCP-Protocol-Version", "1900-01-01")
                .body("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
                .post(PATH);
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(json(unknown).at("/error/code").asInt()).isEqualTo(-32022);
        assertThat(json(unknown).at("/error/data/supported").toString()).contains(MODERN);
    }

    @Test
    void whatIsNoMessageIsRefused() throws Exception {
        for (String body : List.of(
                "",
                "no JSON",
                "[]",
                "{}",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} more",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[1]}")) {
            Response answer = Api.as(TestGround.TOKEN).body(body).post(PATH);
            assertThat(answer.statusCode()).as(body).isEqualTo(400);
            assertThat(json(answer).at("/error/code").asInt()).as(body).isLessThan(-32000);
        }
        assertThat(json(send(TestGround.TOKEN, "resources/list", "{}"))
                        .at("/error/code")
                        .asInt())
                .isEqualTo(-32601);
        assertThat(json(send(TestGround.TOKEN, "tools/call", "{\"name\":\"drop_everything\"}"))
                        .at("/error/code")
                        .asInt())
                .isEqualTo(-32602);
    }

    @Test
    void nobodyAndNoPageOfABrowserIsServed() {
        String list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
        assertThat(given().contentType("application/json").body(list).post(PATH).statusCode())
                .isEqualTo(401);
        for (String origin : List.of("https://evil.example", "http://localhost:8080", "null")) {
            assertThat(Api.as(TestGround.TOKEN)
                            .header("Origin", origin)
                            .body(list)
                            .post(PATH)
                            .statusCode())
                    .isEqualTo(403);
        }
    }
}
