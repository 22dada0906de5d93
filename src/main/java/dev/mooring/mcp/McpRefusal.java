package dev.mooring.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** A message that is not answered with a result. */
class McpRefusal extends RuntimeException {

    static final int PARSE_ERROR = -32700;
    static final int INVALID_REQUEST = -32600;
    static final int METHOD_NOT_FOUND = -32601;
    static final int INVALID_PARAMS = -32602;
    static final int HEADER_MISMATCH = -32020;
    static final int UNSUPPORTED_VERSION = -32022;

    private static final int BAD_REQUEST = 400;

    private final int status;
    private final @Nullable JsonNode id;
    private final int code;
    private final transient @Nullable JsonNode data;

    private McpRefusal(int status, @Nullable JsonNode id, int code, String message, @Nullable JsonNode data) {
        super(message);
        this.status = status;
        this.id = id;
        this.code = code;
        this.data = data;
    }

    /**
     * With HTTP status 400.
     *
     * @param id of the message; null where it cannot be read
     */
    static McpRefusal bad(@Nullable JsonNode id, int code, String message) {
        return new McpRefusal(BAD_REQUEST, id, code, message, null);
    }

    static McpRefusal bad(JsonNode id, int code, String message, JsonNode data) {
        return new McpRefusal(BAD_REQUEST, id, code, message, data);
    }

    static McpRefusal of(int status, JsonNode id, int code, String message) {
        return new McpRefusal(status, id, code, message, null);
    }

    int status() {
        return status;
    }

    McpAnswer answer() {
        return new McpAnswer(McpMessage.JSON_RPC, id, null, new McpAnswer.Failure(code, getMessage(), data));
    }
}
