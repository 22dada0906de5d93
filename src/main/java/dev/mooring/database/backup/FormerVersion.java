package dev.mooring.database.backup;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;

/**
 * A major version that a cluster had.
 *
 * @param until when an upgrade took its place
 * @param again the first moment after it that can be recovered: the same one where the next version was backed up before it served;
 *     {@link Instant#MAX} as long as it has no backup
 */
record FormerVersion(String version, Instant until, Instant again) {

    private static final String AGAIN = "again";

    /** As the column {@code former_versions} has them, oldest first. */
    static List<FormerVersion> all(JsonArray column) {
        return column.stream()
                .map(JsonObject.class::cast)
                .map(FormerVersion::of)
                .toList();
    }

    private static FormerVersion of(JsonObject former) {
        Instant until = Instant.parse(former.getString("until"));
        String again = former.getString(AGAIN);
        Instant first = again != null ? Instant.parse(again) : former.containsKey(AGAIN) ? Instant.MAX : until;
        return new FormerVersion(former.getString("version"), until, first.isBefore(until) ? until : first);
    }

    /** Whether nothing after it can be recovered. */
    boolean last() {
        return again.equals(Instant.MAX);
    }

    /** Whether a moment lies where no backup leads to. */
    boolean misses(Instant at) {
        return !at.isBefore(until) && at.isBefore(again);
    }
}
