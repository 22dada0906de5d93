package dev.mooring.app;

import dev.mooring.web.ApiException;
import java.util.UUID;

/** The ids in paths. What is not an id at all is simply not found. */
final class AppId {

    private AppId() {}

    static UUID parse(String text) {
        UUID id = uuid(text);
        if (id == null) {
            throw notFound();
        }
        return id;
    }

    /** Null for what is none. */
    static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    static ApiException notFound() {
        return ApiException.notFound("app not found");
    }
}
