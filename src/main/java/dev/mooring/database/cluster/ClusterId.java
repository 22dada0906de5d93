package dev.mooring.database.cluster;

import dev.mooring.web.ApiException;
import java.util.UUID;

/** The id in a path. What is not an id at all is simply not found. */
public final class ClusterId {

    private ClusterId() {}

    public static UUID parse(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw notFound();
        }
    }

    public static ApiException notFound() {
        return ApiException.notFound("cluster not found");
    }
}
