package dev.mooring.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body of every answer of DBOS Cloud's API that is not a success: its clients show the message of no other. */
@Schema(name = "CloudError")
@RegisterForReflection
public record CloudError(
        @Schema(description = "What is wrong and, for input, which field and rule")
        String message,

        @JsonProperty("statusCode") int statusCode,

        @Schema(description = "The id of the request, also in the log") @JsonProperty("requestID")
        String requestId) {

    /** Where it is spoken. */
    static final String PATHS = "/v1alpha1/";
}
