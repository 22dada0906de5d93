package dev.mooring.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One message of a client, whose form is right and whose headers say what it says.
 *
 * @param id absent for a notification, which is not answered
 * @param params an object, which may be empty
 * @param modern whether it is of a revision without a handshake
 */
record McpMessage(JsonNode id, String method, JsonNode params, boolean modern) {

    static final String JSON_RPC = "2.0";
    static final String CALL = "tools/call";

    private static final String VERSION_HEADER = "MCP-Protocol-Version";
    private static final String META = "io.modelcontextprotocol/";
    private static final String ENCODED = "=?base64?";
    private static final String ENCODED_END = "?=";
    private static final int LONGEST_SHOWN = 64;

    boolean notification() {
        return id.isMissingNode();
    }

    /**
     * @param header by its name; null where there is none
     * @throws McpRefusal when it is none
     */
    static McpMessage of(byte[] body, ObjectMapper mapper, UnaryOperator<String> header) {
        JsonNode message = read(body, mapper);
        JsonNode id = message.path("id");
        boolean named = id.isTextual() || id.isIntegralNumber();
        if (!message.isObject()
                || !JSON_RPC.equals(message.path("jsonrpc").textValue())
                || !(id.isMissingNode() || named)) {
            throw McpRefusal.bad(
                    named ? id : null,
                    McpRefusal.INVALID_REQUEST,
                    "one message of JSON-RPC 2.0 is taken: an object with jsonrpc 2.0, a method, and an id that is a text or a"
                            + " whole number");
        }
        if (message.has("result") || message.has("error")) {
            // An answer to something that was not asked here: taken, like a notification, and nothing follows.
            return new McpMessage(mapper.missingNode(), "", mapper.createObjectNode(), false);
        }
        JsonNode method = message.path("method");
        JsonNode params = message.path("params");
        if (!method.isTextual()) {
            throw McpRefusal.bad(named ? id : null, McpRefusal.INVALID_REQUEST, "method: must be a text");
        }
        if (!params.isMissingNode() && !params.isObject()) {
            throw McpRefusal.bad(id, McpRefusal.INVALID_PARAMS, "params: must be an object");
        }
        JsonNode given = params.isMissingNode() ? mapper.createObjectNode() : params;
        if (id.isMissingNode()) {
            return new McpMessage(id, method.textValue(), given, false);
        }
        boolean modern = modern(id, method.textValue(), given, mapper, header);
        return new McpMessage(id, method.textValue(), given, modern);
    }

    private static JsonNode read(byte @Nullable [] body, ObjectMapper mapper) {
        try {
            return mapper.readTree(body == null ? new byte[0] : body);
        } catch (JsonProcessingException e) {
            throw McpRefusal.bad(
                    null,
                    McpRefusal.PARSE_ERROR,
                    "error parsing request body: "
                            + e.getOriginalMessage()
                                    .replaceFirst("(?s)\\(.*", "")
                                    .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Also checks what such a revision demands of every request. */
    private static boolean modern(
            JsonNode id, String method, JsonNode params, ObjectMapper mapper, UnaryOperator<String> header) {
        String said = header.apply(VERSION_HEADER);
        JsonNode meant = params.path("_meta").path(META + "protocolVersion");
        if (said != null && !McpVersions.ALL.contains(said)) {
            throw unsupported(id, said, mapper);
        }
        if (meant.isTextual() && !McpVersions.ALL.contains(meant.textValue())) {
            throw unsupported(id, meant.textValue(), mapper);
        }
        if (!McpVersions.MODERN.equals(said) && !meant.isTextual()) {
            return false;
        }
        if (!meant.isTextual()
                || !params.path("_meta").path(META + "clientCapabilities").isObject()) {
            throw McpRefusal.bad(
                    id,
                    McpRefusal.INVALID_PARAMS,
                    "params._meta: must hold " + META + "protocolVersion and " + META + "clientCapabilities");
        }
        same(id, VERSION_HEADER, said, meant.textValue());
        same(id, "Mcp-Method", header.apply("Mcp-Method"), method);
        if (method.equals(CALL)) {
            same(
                    id,
                    "Mcp-Name",
                    decoded(header.apply("Mcp-Name")),
                    params.path("name").textValue());
        }
        return McpVersions.MODERN.equals(said);
    }

    private static McpRefusal unsupported(JsonNode id, String requested, ObjectMapper mapper) {
        ObjectNode data = mapper.createObjectNode();
        McpVersions.ALL.forEach(data.withArray("supported")::add);
        data.put("requested", shown(requested));
        return McpRefusal.bad(id, McpRefusal.UNSUPPORTED_VERSION, "Unsupported protocol version", data);
    }

    private static void same(JsonNode id, String header, @Nullable String said, String meant) {
        if (said == null || !said.equals(meant)) {
            throw McpRefusal.bad(
                    id,
                    McpRefusal.HEADER_MISMATCH,
                    "Header mismatch: " + header + (said == null ? " is missing" : " does not say what the body says"));
        }
    }

    /** What cannot be a header as it is, is told in base64. */
    private static @Nullable String decoded(@Nullable String header) {
        if (header == null || !header.startsWith(ENCODED) || !header.endsWith(ENCODED_END)) {
            return header;
        }
        String text = header.substring(ENCODED.length(), header.length() - ENCODED_END.length());
        try {
            return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** No more of what a client sent than is needed to recognise it. */
    static String shown(String text) {
        return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
    }
}
