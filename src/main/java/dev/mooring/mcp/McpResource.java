package dev.mooring.mcp;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.mcp.tool.Tools;
import io.quarkus.security.Authenticated;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Where agents find their tools: streamable HTTP, each message answered by itself with JSON. */
@Path(McpGate.PATH)
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "MCP")
@Authenticated
public class McpResource {

    private static final int OK = 200;
    private static final int ACCEPTED = 202;
    private static final int NOT_FOUND = 404;
    private static final int LIST_FRESH_MILLIS = 60_000;

    private static final String INSTRUCTIONS =
            "Mooring runs PostgreSQL and Kafka clusters. Whatever takes long is an operation: a tool that begins one answers with"
                    + " it; follow it by get_operation with wait_seconds until its state is done, failed or cancelled, and read its"
                    + " receipt. One change of a cluster is made at a time. Clusters are called by id or name. Which tools there"
                    + " are depends on the scopes of the token.";

    private final Tools tools;
    private final ObjectMapper mapper;
    private final String version;

    McpResource(
            Tools tools, ObjectMapper mapper, @ConfigProperty(name = "quarkus.application.version") String version) {
        this.tools = tools;
        this.mapper = mapper;
        this.version = version;
    }

    /** What is sent, for the API's description. */
    @Schema(name = "McpRequest")
    record Request(
            @Schema(required = true, examples = "2.0") String jsonrpc,

            @Schema(description = "A text or a whole number; absent for a notification", implementation = Object.class)
            Object id,

            @Schema(required = true, examples = "tools/list")
            String method,

            @Schema(implementation = Object.class) Object params) {}

    @POST
    @Operation(
            summary = "Speak the Model Context Protocol",
            description =
                    "Tools for agents, as streamable HTTP without sessions and streams; a client of the protocol does it all."
                            + " Which tools there are depends on the token's scopes.")
    @RequestBody(
            required = true,
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = Request.class)))
    @APIResponse(
            responseCode = "200",
            description = "What was asked for, or why it is refused",
            content = @Content(schema = @Schema(implementation = McpAnswer.class)))
    @APIResponse(responseCode = "202", description = "A notification, which has no answer")
    @APIResponse(
            responseCode = "400",
            description = "No message of the protocol, or not of a revision that is spoken here",
            content = @Content(schema = @Schema(implementation = McpAnswer.class)))
    @APIResponse(
            responseCode = "404",
            description = "A method that there is not",
            content = @Content(schema = @Schema(implementation = McpAnswer.class)))
    public Uni<Response> message(byte[] body, @Context HttpHeaders headers) {
        return Uni.createFrom()
                .deferred(() -> answer(McpMessage.of(body, mapper, headers::getHeaderString)))
                .onFailure(McpRefusal.class)
                .recoverWithItem(failure -> refused(failure));
    }

    private Uni<Response> answer(McpMessage message) {
        if (message.notification()) {
            return Uni.createFrom().item(Response.status(ACCEPTED).build());
        }
        return result(message)
                .map(result -> message.modern() ? complete(result) : result)
                .map(result -> Response.ok(new McpAnswer(McpMessage.JSON_RPC, message.id(), result, null))
                        .type(MediaType.APPLICATION_JSON)
                        .build());
    }

    private static Response refused(McpRefusal refusal) {
        return Response.status(refusal.status())
                .type(MediaType.APPLICATION_JSON)
                .entity(refusal.answer())
                .build();
    }

    private Uni<ObjectNode> result(McpMessage message) {
        return switch (message.method()) {
            case "tools/list" -> Uni.createFrom().item(list(message));
            case McpMessage.CALL -> call(message);
            case "initialize" -> handshake(message, initialized(message));
            case "ping" -> handshake(message, mapper.createObjectNode());
            case "server/discover" -> Uni.createFrom().item(discovered());
            default -> throw unknown(message);
        };
    }

    /** What later revisions do not have. */
    private Uni<ObjectNode> handshake(McpMessage message, ObjectNode result) {
        if (message.modern()) {
            throw unknown(message);
        }
        return Uni.createFrom().item(result);
    }

    private static McpRefusal unknown(McpMessage message) {
        return McpRefusal.of(
                message.modern() ? NOT_FOUND : OK,
                message.id(),
                McpRefusal.METHOD_NOT_FOUND,
                "Method not found: " + McpMessage.shown(message.method()));
    }

    private ObjectNode initialized(McpMessage message) {
        String wanted = message.params().path("protocolVersion").asText();
        ObjectNode result = mapper.createObjectNode()
                .put("protocolVersion", McpVersions.LEGACY.contains(wanted) ? wanted : McpVersions.LEGACY.getFirst());
        capabilities(result);
        result.set("serverInfo", info());
        return result.put("instructions", INSTRUCTIONS);
    }

    private ObjectNode discovered() {
        ObjectNode result = mapper.createObjectNode();
        McpVersions.ALL.forEach(result.withArray("supportedVersions")::add);
        capabilities(result);
        return cached(result.put("instructions", INSTRUCTIONS));
    }

    private static void capabilities(ObjectNode result) {
        result.putObject("capabilities").putObject("tools");
    }

    private ObjectNode info() {
        return mapper.createObjectNode()
                .put("name", "mooring")
                .put("title", "Mooring")
                .put("version", version);
    }

    private ObjectNode list(McpMessage message) {
        if (message.params().hasNonNull("cursor")) {
            throw invalid(message, "cursor: all tools come at once, there is none");
        }
        ObjectNode result = mapper.createObjectNode();
        result.set("tools", tools.offered());
        return message.modern() ? cached(result) : result;
    }

    private Uni<ObjectNode> call(McpMessage message) {
        String name = message.params().path("name").asText();
        return tools.call(name, message.params().path("arguments"))
                .orElseThrow(() -> invalid(message, "Unknown tool: " + McpMessage.shown(name)));
    }

    private static McpRefusal invalid(McpMessage message, String why) {
        return McpRefusal.of(OK, message.id(), McpRefusal.INVALID_PARAMS, why);
    }

    /** It is this token's alone: another has other scopes. */
    private static ObjectNode cached(ObjectNode result) {
        return result.put("ttlMs", LIST_FRESH_MILLIS).put("cacheScope", "private");
    }

    private ObjectNode complete(ObjectNode result) {
        result.put("resultType", "complete");
        result.putObject("_meta").set("io.modelcontextprotocol/serverInfo", info());
        return result;
    }
}
