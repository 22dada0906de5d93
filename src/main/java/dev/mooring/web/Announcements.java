package dev.mooring.web;

import io.smallrye.mutiny.Uni;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** For requests that say in their bodies, and not by method and path, whether they change something, and what. */
public interface Announcements {

    /**
     * Has to have ended before the change begins, so that the audit trail knows of it whatever happens then.
     *
     * @param kind of what is changed, such as database
     * @param id of what is changed, or the name that the caller gave
     * @param parameters names and ids, as a path would have them
     */
    Uni<Void> announce(String kind, @Nullable String id, Map<String, String> parameters);
}
