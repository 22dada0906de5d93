package dev.mooring.database.cluster;

import dev.mooring.dataplane.Endpoints;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with all that belongs to it, as one statement has read it.
 *
 * @param replicaOf the cluster that it follows as a read-only node; null for every other
 * @param newestVersion exact version that its node has of the cluster's major
 * @param previousVersion major version that an upgrade can be undone to
 */
public record ClusterSnapshot(
        UUID id,
        UUID team,
        UUID projectId,
        @Nullable UUID vpc,
        String name,
        @Nullable UUID replicaOf,
        @Nullable UUID app,
        @Nullable String component,
        String engine,
        String version,
        String semanticVersion,
        @Nullable String newestVersion,
        int numNodes,
        String size,
        String region,
        int storageSizeMib,
        String status,
        @Nullable String failure,
        @Nullable String changeFailure,
        @Nullable OffsetDateTime failedAt,
        String host,
        int port,
        JsonArray endpoints,
        String plane,
        UUID node,
        String maintenanceDay,
        String maintenanceHour,
        String config,
        JsonArray serviceCnames,
        OffsetDateTime createdAt,
        long mark,
        List<User> users,
        List<String> databases,
        List<Rule> rules,
        List<String> tags,
        @Nullable String previousVersion,
        @Nullable OffsetDateTime undoUntil,
        List<ConnectionPool> pools) {

    /** Members in the order in which they were added; the ones that are on their way out are not there any more. */
    static final String SELECT = "select c.*,"
            + " coalesce((select p.config from cluster p where p.id = c.replica_of), c.config) as settings,"
            + " (select coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'primary', u.is_primary, 'secret', u.secret,"
            + " 'replication', u.replication, 'acl', u.acl, 'access_cert',"
            + " u.access_cert, 'access_key', u.access_key) order by u.position), '[]') from cluster_user u"
            + " where u.cluster = coalesce(c.replica_of, c.id) and u.state <> 'removing') as users,"
            + " (select coalesce(jsonb_agg(d.name order by d.position), '[]') from cluster_database d"
            + " where d.cluster = coalesce(c.replica_of, c.id) and d.state <> 'removing') as databases,"
            + " (select coalesce(jsonb_agg(jsonb_build_object('uuid', r.id, 'type', r.type, 'value', r.value,"
            + " 'description', r.description, 'created_at', r.created_at, 'attached', case when r.type = 'app' and exists"
            + " (select from attached_app t where t.cluster = c.id and cast(t.app as text) = lower(r.value)) then true end)"
            + " order by r.position), '[]') from firewall_rule r where r.cluster = c.id) as rules,"
            + " (select coalesce(jsonb_agg(t.tag order by t.created_at, t.tag), '[]') from tag_resource t"
            + " where t.resource_type = 'database' and t.resource_id = c.id::text) as tags,"
            + " (select n.versions -> c.engine ->> c.version from worker_node n where n.id = c.node and n.plane = c.plane) as newest"
            + " from cluster c where c.deleted_at is null";

    /** Whether it was to be created and came to nothing. */
    public boolean failed() {
        return status.equals(Cluster.FAILED);
    }

    /** Whether the next maintenance window brings a newer minor version. */
    boolean updatePending() {
        return newestVersion != null && semanticVersion != null && !newestVersion.equals(semanticVersion);
    }

    /**
     * @param secret sealed password
     * @param replication null when the caller never said
     * @param acl the same
     * @param accessCert PEM
     * @param accessKey sealed PEM
     */
    public record User(
            String name,
            boolean primary,
            String secret,
            @Nullable Boolean replication,
            @Nullable List<TopicAcl> acl,
            @Nullable String accessCert,
            String accessKey) {}

    /** @param attached true for an app that a deployment has let in, else null */
    record Rule(
            String uuid,
            String type,
            String value,
            String description,
            String createdAt,
            @Nullable Boolean attached) {}

    /** Those where that is reached. */
    List<ClusterView.Endpoint> endpoints(Endpoints.Role role) {
        return endpoints.stream()
                .map(JsonObject.class::cast)
                .filter(endpoint -> role.name().equals(endpoint.getString("role")))
                .map(endpoint -> new ClusterView.Endpoint(endpoint.getString("host"), endpoint.getInteger("port")))
                .toList();
    }

    /** Of the nodes that it has: there may be endpoints for more. */
    List<ClusterView.Endpoint> standbys() {
        return endpoints(Endpoints.Role.STANDBY).stream().limit(numNodes - 1L).toList();
    }

    /** Whether it has an address that its connection pools share. */
    public boolean hasPooler() {
        return !endpoints(Endpoints.Role.POOL).isEmpty();
    }

    /** Where its connection pools are reached that have no address of their own. */
    public ClusterView.Endpoint pooler() {
        return endpoints(Endpoints.Role.POOL).getFirst();
    }

    static ClusterSnapshot of(Row row) {
        return new ClusterSnapshot(
                row.getUUID("id"),
                row.getUUID("team"),
                row.getUUID("project_id"),
                row.getUUID("vpc"),
                row.getString("name"),
                row.getUUID("replica_of"),
                row.getUUID("app"),
                row.getString("component"),
                row.getString("engine"),
                row.getString("version"),
                row.getString("semantic_version"),
                row.getString("newest"),
                row.getInteger("num_nodes"),
                row.getString("size"),
                row.getString("region"),
                row.getInteger("storage_size_mib"),
                row.getString("status"),
                row.getString("failure"),
                row.getString("change_failure"),
                row.getOffsetDateTime("failed_at"),
                row.getString("host"),
                row.getInteger("port"),
                new JsonArray(row.getString("endpoints")),
                row.getString("plane"),
                row.getUUID("node"),
                row.getString("maintenance_day"),
                row.getString("maintenance_hour"),
                row.getString("settings"),
                new JsonArray(row.getString("service_cnames")),
                row.getOffsetDateTime("created_at"),
                row.getLong("mark"),
                objects(row, "users").stream()
                        .map(user -> new User(
                                user.getString("name"),
                                user.getBoolean("primary"),
                                user.getString("secret"),
                                user.getBoolean("replication"),
                                TopicAcl.read(user.getString("acl")),
                                user.getString("access_cert"),
                                user.getString("access_key")))
                        .toList(),
                strings(row, "databases"),
                objects(row, "rules").stream()
                        .map(rule -> new Rule(
                                rule.getString("uuid"),
                                rule.getString("type"),
                                rule.getString("value"),
                                rule.getString("description"),
                                dev.mooring.web.Formats.time(OffsetDateTime.parse(rule.getString("created_at"))),
                                rule.getBoolean("attached")))
                        .toList(),
                strings(row, "tags"),
                row.getString("previous_version"),
                row.getOffsetDateTime("undo_until"),
                ConnectionPool.read(row.getString("pools")));
    }

    private static List<JsonObject> objects(Row row, String column) {
        return row.getJsonArray(column).stream().map(JsonObject.class::cast).toList();
    }

    private static List<String> strings(Row row, String column) {
        return row.getJsonArray(column).stream().map(String.class::cast).toList();
    }
}
