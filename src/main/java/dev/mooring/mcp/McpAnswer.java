package dev.mooring.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** An answer as JSON-RPC has it: with a result or with an error. */
@Schema(name = "McpAnswer")
@RegisterForReflection
record McpAnswer(
        @Schema(examples = "2.0") String jsonrpc,

        @Schema(description = "That of the request, a text or a whole number", implementation = Object.class) @Nullable
        JsonNode id,

        @Schema(description = "What the method answers", implementation = Object.class) @Nullable
        JsonNode result,

        @Nullable Failure error) {

    /** Why there is no result. */
    @Schema(name = "McpError")
    @RegisterForReflection
    record Failure(
            int code,
            @Nullable String message,
            @Schema(implementation = Object.class) @Nullable JsonNode data) {}
}
