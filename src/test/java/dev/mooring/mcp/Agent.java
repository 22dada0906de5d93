package dev.mooring.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.support.Api;
import io.restassured.response.Response;

/** What an agent sends. */
final class Agent {

    private Agent() {}

    static final String PATH = "/mooring/v1/mcp";

    static final ObjectMapper MAPPER = new ObjectMapper();

    static String token(String... scopes) {
        return made(scopes).jsonPath().getString("token.token");
    }

    static Response made(String... scopes) {
        return Api.post(
                "/mooring/v1/tokens", "{\"name\":\"agent\",\"scopes\":[\"" + String.join("\",\"", scopes) + "\"]}");
    }

    static JsonNode json(Response answer) throws Exception {
        return MAPPER.readTree(answer.asString());
    }

    static Response send(String token, String method, String params) {
        return Api.as(token)
                .body("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}")
                .post(PATH);
    }
}
