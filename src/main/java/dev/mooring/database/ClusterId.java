package dev.mooring.database;

import dev.mooring.web.ApiException;
import java.util.UUID;

/** The id in a path. What is not an id at all is simply not found. */
final class ClusterId {

    private ClusterId() {}

    static UUID parse(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw notFound();
        }
    }

    static ApiException notFound() {
        return ApiException.notFound("cluster not found");
    }
}
