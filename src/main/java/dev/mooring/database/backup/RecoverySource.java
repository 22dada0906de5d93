package dev.mooring.database.backup;

import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.web.ApiException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A cluster that another one can be recovered from: it may have been deleted.
 *
 * @param archive where its archive lies
 * @param recoverableFrom null before the first backup
 * @param recoverableUntil null while everything that is committed can be recovered
 * @param formerVersions oldest first
 * @param lastDrill the last recovery that was tried; null when none was, and of a cluster that is gone
 * @param traits as they are now, or were when the cluster was deleted: not those of the moment that is recovered
 */
public record RecoverySource(
        UUID id,
        String name,
        String engine,
        String version,
        String config,
        List<User> users,
        String superuserSecret,
        String archive,
        @Nullable Instant recoverableFrom,
        @Nullable Instant recoverableUntil,
        List<FormerVersion> formerVersions,
        @Nullable Drill lastDrill,
        Traits traits) {

    /** Live ones and deleted ones, in the same columns. */
    public static final String SELECT = "select source.*, deleted_at is not null as deleted from ("
            + "select c.id, c.team, c.name, c.app, c.engine, c.version, c.config,"
            + " (select jsonb_agg(jsonb_build_object('name', u.name, 'primary', u.is_primary, 'replication',"
            + " u.replication, 'secret', u.secret, 'dbos_role', u.dbos_role) order by u.position) from cluster_user u"
            + " where u.cluster = c.id and u.state <> 'removing') as users, c.superuser_secret, n.archive,"
            + " c.recoverable_from, c.archive_failing_since as recoverable_until, null::timestamptz as deleted_at, c.former_versions,"
            + " c.drilled_at, c.drill_failure,"
            + " (select coalesce(jsonb_agg(jsonb_build_object('type', r.type, 'value', r.value, 'description', r.description)"
            + " order by r.position), '[]') from firewall_rule r where r.cluster = c.id) as rules,"
            + " (select coalesce(jsonb_agg(t.tag order by t.created_at, t.tag), '[]') from tag_resource t"
            + " where t.resource_type = 'database' and t.resource_id = c.id::text) as tags,"
            + " c.service_cnames, c.maintenance_day, c.maintenance_hour, c.retention_hours, c.drill_hours,"
            + " c.synchronous_archive, c.project_id, c.vpc, c.size, c.storage_size_mib"
            + " from cluster c join worker_node n on n.id = c.node and n.plane = c.plane where c.deleted_at is null and c.replica_of is null"
            + " union all select cluster, team, name, null, engine, version, config, users, superuser_secret, archive,"
            + " recoverable_from, deleted_at, deleted_at, former_versions, null, null, rules, tags, service_cnames, maintenance_day,"
            + " maintenance_hour, retention_hours, drill_hours, synchronous_archive, project_id, vpc, size, storage_size_mib"
            + " from kept_archive where keep_until > now()) as source";

    /**
     * @param secret sealed password
     * @param replication null when its owner never said
     * @param dbosRole see {@link ClusterUser#dbosRole}
     */
    public record User(
            String name, boolean primary, @Nullable Boolean replication, String secret, String dbosRole) {}

    /** @param failure why it did not succeed */
    public record Drill(Instant at, @Nullable String failure) {
        static @Nullable Drill of(Row row) {
            OffsetDateTime at = row.getOffsetDateTime("drilled_at");
            return at == null ? null : new Drill(at.toInstant(), row.getString("drill_failure"));
        }
    }

    /**
     * What a recovered cluster has of it unless its owner asks for something else.
     *
     * @param deleted whether the cluster is gone
     * @param maintenanceDay null when it is not known any more, like the hour
     * @param project null when it is not known any more, like the network
     */
    public record Traits(
            boolean deleted,
            List<NewCluster.RuleInput> rules,
            List<String> tags,
            List<String> serviceCnames,
            @Nullable String maintenanceDay,
            String maintenanceHour,
            int retentionHours,
            Integer drillHours,
            boolean synchronousArchive,
            @Nullable UUID project,
            UUID vpc,
            String size,
            int storageSizeMib) {

        static Traits of(Row row) {
            return new Traits(
                    row.getBoolean("deleted"),
                    row.getJsonArray("rules").stream()
                            .map(JsonObject.class::cast)
                            .map(rule -> new NewCluster.RuleInput(
                                    rule.getString("type"),
                                    rule.getString("value"),
                                    null,
                                    rule.getString("description")))
                            .toList(),
                    strings(row.getJsonArray("tags")),
                    strings(new JsonArray(row.getString("service_cnames"))),
                    row.getString("maintenance_day"),
                    row.getString("maintenance_hour"),
                    row.getInteger("retention_hours"),
                    row.getInteger("drill_hours"),
                    row.getBoolean("synchronous_archive"),
                    row.getUUID("project_id"),
                    row.getUUID("vpc"),
                    row.getString("size"),
                    row.getInteger("storage_size_mib"));
        }

        private static List<String> strings(JsonArray array) {
            return array.stream().map(String.class::cast).toList();
        }
    }

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
                FormerVersion.all(row.getJsonArray("former_versions")),
                Drill.of(row),
                Traits.of(row));
    }

    /**
     * The major version that the cluster had.
     *
     * @param at null for now
     */
    public String versionAt(@Nullable Instant at) {
        return formerVersions.stream()
                .filter(former -> at != null && at.isBefore(former.until()))
                .map(FormerVersion::version)
                .findFirst()
                .orElse(version);
    }

    static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    /**
     * The moments that can be recovered, in whole seconds as clients give them.
     *
     * @param gaps between them, in which nothing can
     */
    record Window(Instant earliest, Instant latest, List<Gap> gaps) {

        /**
         * @param from the first moment that cannot be recovered
         * @param until the first one that can again
         */
        record Gap(Instant from, Instant until) {}

        /** @param until null while everything that is committed can be recovered */
        static Window of(Instant from, @Nullable Instant until, List<FormerVersion> formers, Instant now) {
            Instant earliest = wholeSecond(from);
            Instant end = until == null ? now : until;
            List<Gap> gaps = new ArrayList<>();
            for (FormerVersion former : formers) {
                if (former.last()) {
                    end = former.until().isBefore(end) ? former.until() : end;
                } else if (former.again().isAfter(earliest)) {
                    Gap gap = new Gap(wholeSecond(former.until()), wholeSecond(former.again()));
                    if (gap.until().isAfter(gap.from())) {
                        gaps.add(gap);
                    }
                }
            }
            Instant latest = end.truncatedTo(ChronoUnit.SECONDS);
            return new Window(earliest, latest.isBefore(earliest) ? earliest : latest, gaps);
        }

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
        return Window.of(recoverableFrom, recoverableUntil, formerVersions, now);
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
    public void check(String field, @Nullable Instant at, Instant now) {
        Window window = window(now);
        // The current second counts as over: backups are named by the second in which they ended.
        Instant limit = recoverableUntil == null ? wholeSecond(now) : recoverableUntil;
        if (at != null && (at.isBefore(recoverableFrom) || at.isAfter(limit))) {
            throw ApiException.unprocessable(field + ": " + at + " cannot be recovered; " + name
                    + " can be recovered to any moment from " + window.earliest() + " to " + window.latest());
        }
        formerVersions.stream()
                .filter(former -> at == null ? former.last() : former.misses(at))
                .findFirst()
                .ifPresent(former -> {
                    throw ApiException.unprocessable(field + ": " + (at == null ? "now" : at)
                            + " cannot be recovered: between the upgrade from version "
                            + former.version() + " at " + former.until() + " and the first backup after it, "
                            + (former.last() ? "which is still to come" : "at " + wholeSecond(former.again()))
                            + ", no moment can");
                });
    }
}
