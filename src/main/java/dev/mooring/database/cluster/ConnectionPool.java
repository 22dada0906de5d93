package dev.mooring.database.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.web.ApiException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A connection pool of a cluster, as its row keeps it.
 *
 * @param mode of {@link ClusterSpec.PoolMode}, as clients write it
 * @param size the most server connections
 * @param user null for whoever comes
 * @param address where it is reached by the name of its database; null for one that is reached by its own name, where all pools of the
 *     cluster are
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ConnectionPool(
        String name,
        String mode,
        int size,
        String db,
        @Nullable String user,
        Endpoints.@Nullable Endpoint address) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<List<ConnectionPool>> LIST = new TypeReference<>() {};

    /** In the order in which they were made. */
    public static List<ConnectionPool> of(Cluster cluster) {
        return read(cluster.pools);
    }

    public static List<ConnectionPool> read(String stored) {
        try {
            return JSON.readValue(stored, LIST);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored pools are not JSON: " + e.getOriginalMessage());
        }
    }

    /** Part of a change of the cluster. */
    public static void write(Cluster cluster, List<ConnectionPool> pools) {
        try {
            cluster.pools = JSON.writeValueAsString(pools);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Clients of a pool would find nothing behind it: 422. The database's row is held: whoever makes a pool of a read-only node, which holds
     * that node alone, reads it.
     */
    public static Uni<Void> keepDatabase(Cluster cluster, String database) {
        return keep(cluster, "database " + database, pool -> pool.db().equals(database));
    }

    /** The same for a user. */
    public static Uni<Void> keepUser(Cluster cluster, String user) {
        return keep(cluster, "user " + user, pool -> user.equals(pool.user()));
    }

    /** Pools of its read-only nodes work with the same users and databases. */
    private static Uni<Void> keep(Cluster cluster, String what, Predicate<ConnectionPool> uses) {
        return Cluster.<Cluster>list("replicaOf = ?1 and deletedAt is null order by name", cluster.id)
                .invoke(nodes -> {
                    List<String> users = new ArrayList<>(of(cluster).stream()
                            .filter(uses)
                            .map(ConnectionPool::name)
                            .toList());
                    nodes.forEach(node -> of(node).stream()
                            .filter(uses)
                            .map(pool -> pool.name() + " of the read-only node " + node.name)
                            .forEach(users::add));
                    if (!users.isEmpty()) {
                        throw ApiException.unprocessable(what + " cannot be deleted: connection pools work with it ("
                                + String.join(", ", users) + "); delete or change these first");
                    }
                })
                .replaceWithVoid();
    }

    public ClusterSpec.Pool spec() {
        return new ClusterSpec.Pool(name, planesMode(), size, db, user);
    }

    public ClusterSpec.PoolMode planesMode() {
        return ClusterSpec.PoolMode.valueOf(mode.toUpperCase(Locale.ROOT));
    }
}
