package dev.mooring.app.record;

import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import java.util.UUID;

/** The ids in paths. What is not an id at all is simply not found. */
public final class AppId {

    private AppId() {}

    /** The team's app by its id; also by its name, which never looks like one: people know their apps by name. */
    public static PanacheQuery<App> find(String idOrName, UUID team) {
        UUID id = uuid(idOrName);
        return id == null
                ? App.find("name = ?1 and team = ?2 and deletedAt is null", idOrName, team)
                : App.find("id = ?1 and team = ?2 and deletedAt is null", id, team);
    }

    /** Null for what is none. */
    public static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    public static ApiException notFound() {
        return ApiException.notFound("app not found");
    }
}
