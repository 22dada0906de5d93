package dev.mooring.app.record;

import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The ids in paths. What is not an id at all is simply not found. */
public final class AppId {

    private static final Pattern FORM = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private AppId() {}

    /** The team's app by its id; also by its name, which never looks like one: people know their apps by name. */
    public static PanacheQuery<App> find(String idOrName, UUID team) {
        UUID id = uuid(idOrName);
        return id == null
                ? App.find("name = ?1 and team = ?2 and deletedAt is null", idOrName, team)
                : App.find("id = ?1 and team = ?2 and deletedAt is null", id, team);
    }

    /** Null for what is none: its parts alone, such as a-b-c-d-e, make a name. */
    public static @Nullable UUID uuid(String text) {
        return FORM.matcher(text).matches() ? UUID.fromString(text) : null;
    }

    public static ApiException notFound() {
        return ApiException.notFound("app not found");
    }
}
