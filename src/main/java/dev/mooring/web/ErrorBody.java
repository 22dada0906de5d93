package dev.mooring.web;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body of every answer that is not a success. */
@Schema(name = "Error")
@RegisterForReflection(registerFullHierarchy = true)
public record ErrorBody(
        @Schema(description = "What kind of error, as a slug", examples = "unprocessable_entity")
        String id,

        @Schema(description = "What is wrong and, for input, which field and rule")
        String message,

        @Schema(description = "The id of the request, also in the log")
        String requestId) {}
