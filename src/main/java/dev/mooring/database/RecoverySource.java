package dev.mooring.database;

import dev.mooring.web.ApiException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;

/**
 * A cluster that another one can be recovered from: it may have been deleted.
 *
 * @param archive where its archive lies
 * @param recoverableFrom null before the first backup
 * @param recoverableUntil null while everything that is committed can be recovered
 * @param formerVersions oldest first
 */
record RecoverySource(
        UUID id,
        String name,
        String engine,
        String version,
        String config,
        List<User> users,
        String superuserSecret,
        String archive,
        Instant recoverableFrom,
        Instant recoverableUntil,
        List<Former> formerVersions) {

    /** Live ones and deleted ones, in the same columns. */
    static final String SELECT = "select * from (select c.id, c.team, c.name, c.app, c.engine, c.version, c.config,"
            + " (select jsonb_agg(jsonb_build_object('name', u.name, 'primary', u.is_primary, 'replication',"
            + " u.replication, 'secret', u.secret, 'dbos_role', u.dbos_role) order by u.position) from cluster_user u"
            + " where u.cluster = c.id and u.state <> 'removing') as users, c.superuser_secret, n.archive,"
            + " c.recoverable_from, c.archive_failing_since as recoverable_until, null::timestamptz as deleted_at, c.former_versions"
            + " from cluster c join worker_node n on n.id = c.node where c.deleted_at is null"
            + " union all select cluster, team, name, null, engine, version, config, users, superuser_secret, archive,"
            + " recoverable_from, deleted_at, deleted_at, former_versions from kept_archive where keep_until > now()) as source";

    /**
     * @param secret sealed password
     * @param replication null when its owner never said
     * @param dbosRole see {@link ClusterUser#dbosRole}
     */
    record User(String name, boolean primary, Boolean replication, String secret, String dbosRole) {}

    static RecoverySource of(Row row) {
        JsonArray users = row.getJsonArray("users");
        return new RecoverySource(
                row.getUUID("id"),
                row.getString("name"),
                row.getString("engine"),
                row.getString("version"),
                row.getString("config"),
                users.stream()
                        .map(JsonObject.class::cast)
                        .map(user -> new User(
                                user.getString("name"),
                                user.getBoolean("primary"),
                                user.getBoolean("replication"),
                                user.getString("secret"),
                                user.getString("dbos_role")))
                        .toList(),
                row.getString("superuser_secret"),
                row.getString("archive"),
                instant(row.getOffsetDateTime("recoverable_from")),
                instant(row.getOffsetDateTime("recoverable_until")),
                row.getJsonArray("former_versions").stream()
                        .map(JsonObject.class::cast)
                        .map(former ->
                                new Former(former.getString("version"), Instant.parse(former.getString("until"))))
                        .toList());
    }

    /**
     * @param until when an upgrade took its place
     */
    record Former(String version, Instant until) {}

    /**
     * The major version that the cluster had.
     *
     * @param at null for now
     */
    String versionAt(Instant at) {
        return formerVersions.stream()
                .filter(former -> at != null && at.isBefore(former.until()))
                .map(Former::version)
                .findFirst()
                .orElse(version);
    }

    private static Instant instant(OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    /**
     * The moments that can be recovered, in whole seconds as clients give them.
     */
    record Window(Instant earliest, Instant latest) {
        @Override
        public String toString() {
            return earliest + " to " + latest;
        }
    }

    /** Fails with 412 before the first backup. */
    Window window(Instant now) {
        if (recoverableFrom == null) {
            throw new ApiException(
                    412,
                    "the cluster " + name + " has no backup yet; the first one is made right after it was created");
        }
        Instant earliest = wholeSecond(recoverableFrom);
        Instant latest = (recoverableUntil == null ? now : recoverableUntil).truncatedTo(ChronoUnit.SECONDS);
        return new Window(earliest, latest.isBefore(earliest) ? earliest : latest);
    }

    /** The first whole second that is not before it. */
    static Instant wholeSecond(Instant time) {
        Instant second = time.truncatedTo(ChronoUnit.SECONDS);
        return second.equals(time) ? second : second.plusSeconds(1);
    }

    /**
     * Fails with 422 that states the window.
     *
     * @param at null for everything that was committed
     */
    void check(String field, Instant at, Instant now) {
        Window window = window(now);
        // The current second counts as over: backups are named by the second in which they ended.
        Instant limit = recoverableUntil == null ? wholeSecond(now) : recoverableUntil;
        if (at != null && (at.isBefore(recoverableFrom) || at.isAfter(limit))) {
            throw ApiException.unprocessable(field + ": " + at + " cannot be recovered; " + name
                    + " can be recovered to any moment from " + window.earliest() + " to " + window.latest());
        }
    }
}
