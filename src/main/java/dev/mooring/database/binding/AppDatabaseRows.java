package dev.mooring.database.binding;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.postgres.PostgresEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Databases of apps as they are read: clusters, and servers that are linked. */
final class AppDatabaseRows {

    /** The type of a trusted source that is an app. */
    static final String APP = "app";

    /** Clusters that are there, as {@link #cluster} reads them; conditions on {@code c} may follow. */
    static final String SELECT = "select c.*, n.ca_certificate,"
            + " (select jsonb_object_agg(u.name, u.secret) from cluster_user u where u.cluster = c.id and u.state <> 'removing') as users,"
            + " (select jsonb_agg(d.name) from cluster_database d where d.cluster = c.id and d.state <> 'removing') as databases,"
            + " (select jsonb_agg(r.type || ' ' || r.value) from firewall_rule r where r.cluster = c.id) as sources"
            + " from cluster c join worker_node n on n.id = c.node and n.plane = c.plane where c.deleted_at is null";

    private static int poolPort(String endpoints) {
        return new JsonArray(endpoints)
                .stream()
                        .map(JsonObject.class::cast)
                        .filter(endpoint -> Endpoints.Role.POOL.name().equals(endpoint.getString("role")))
                        .map(endpoint -> endpoint.getInteger("port"))
                        .findFirst()
                        .orElse(0);
    }

    static AppDatabase cluster(Row row, UUID app) {
        Map<String, String> users = new LinkedHashMap<>();
        row.getJsonObject("users").forEach(entry -> users.put(entry.getKey(), (String) entry.getValue()));
        var databases = row.getJsonArray("databases");
        var sources = row.getJsonArray("sources");
        return new AppDatabase(
                row.getUUID("id"),
                app.equals(row.getUUID("former_app")) ? row.getString("former_component") : row.getString("component"),
                row.getUUID("app") == null,
                row.getString("name"),
                row.getString("engine"),
                row.getString("version"),
                row.getString("region"),
                row.getString("plane"),
                row.getString("status"),
                row.getString("failure"),
                row.getString("host"),
                row.getInteger("port"),
                row.getString("ca_certificate"),
                users,
                databases == null
                        ? List.of()
                        : databases.stream().map(String.class::cast).toList(),
                sources == null || sources.contains(APP + " " + app),
                sources != null,
                false,
                poolPort(row.getString("endpoints")),
                ConnectionPool.read(row.getString("pools")));
    }

    static AppDatabase linked(Row row) {
        return new AppDatabase(
                row.getUUID("id"),
                null,
                true,
                row.getString("name"),
                PostgresEngine.ENGINE,
                null,
                "",
                null,
                Cluster.ONLINE,
                null,
                row.getString("host"),
                row.getInteger("port"),
                null,
                Map.of(row.getString("user_name"), row.getString("secret")),
                List.of(),
                true,
                false,
                true,
                0,
                List.of());
    }
}
