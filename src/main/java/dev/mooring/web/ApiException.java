package dev.mooring.web;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An answer that is not a success: status, slug and a message for the person who reads it. */
public class ApiException extends RuntimeException {

    private static final Map<Integer, String> SLUGS = Map.of(
            400, "bad_request",
            401, "unauthorized",
            403, "forbidden",
            404, "not_found",
            405, "method_not_allowed",
            409, "conflict",
            412, "failed_precondition",
            422, "unprocessable_entity",
            429, "too_many_requests",
            503, "server_error");

    private final int status;

    public ApiException(int status, @Nullable String message) {
        super(message);
        this.status = status;
    }

    public int status() {
        return status;
    }

    public String slug() {
        return slug(status);
    }

    static String slug(int status) {
        return SLUGS.getOrDefault(status, status >= 500 ? "server_error" : "bad_request");
    }

    public static ApiException badRequest(@Nullable String message) {
        return new ApiException(400, message);
    }

    public static ApiException notFound(String message) {
        return new ApiException(404, message);
    }

    /** The API's one answer to "try again later": the only status that existing clients wait on. */
    public static ApiException busy() {
        return new ApiException(412, "Cannot make changes while the service is undergoing maintenance");
    }

    public static ApiException unprocessable(@Nullable String message) {
        return new ApiException(422, message);
    }

    /** For what the API knows and this version of Mooring does not do. */
    public static ApiException missing(String capability) {
        return new ApiException(422, capability + " is not available in this version of Mooring; nothing was changed");
    }
}
