package dev.mooring.database.provisioning;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/**
 * How much a team may have. Everything counts that a server runs for: clusters, forks and recovered ones, dev databases. A
 * cluster under resize counts as what is larger of before and after, because it may come back to what it was. The copies that
 * migrations are rehearsed on count as long as they are there, and are never refused: Mooring makes them for itself.
 */
@ApplicationScoped
public class TeamQuota {

    /** Until the transaction ends the team gets nothing else, so that two requests cannot both find room for the last one. */
    private static final String LIMITS =
            "select most_clusters, most_storage_mib, most_nodes from team where id = :team for no key update";

    private static final String OTHERS =
            "select count(*) filter (where c.replica_of is null), coalesce(sum(greatest(c.storage_size_mib, coalesce(b.storage_size_mib, 0))), 0),"
                    + " coalesce(sum(greatest(c.num_nodes, coalesce(b.num_nodes, 0))), 0) from cluster c"
                    + " left join cluster_change b on b.cluster = c.id and c.status = 'resizing'"
                    + " where c.team = :team and c.id <> :cluster and c.deleted_at is null";

    /** What a request asks for beyond its team's quota, in the words of the API: 422. */
    public static final class Exceeded extends ApiException {
        private Exceeded(String what, long limit, long asked) {
            super(
                    422,
                    "creating or resizing this database will exceed your " + what + " limit: the team may have " + limit
                            + ", and would have " + asked);
        }
    }

    /**
     * In the caller's transaction, which writes the cluster as it is here. Fails with {@link Exceeded}, or with 404 when the
     * team is gone.
     */
    public Uni<Void> check(Cluster cluster) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(LIMITS, Object[].class)
                        .setParameter("team", cluster.team)
                        .getSingleResultOrNull())
                .onItem()
                .ifNull()
                .failWith(() -> ApiException.notFound("team not found"))
                .chain(limits -> limits[0] == null && limits[1] == null && limits[2] == null
                        ? Uni.createFrom().voidItem()
                        : Panache.getSession()
                                .chain(session -> session.createNativeQuery(OTHERS, Object[].class)
                                        .setParameter("team", cluster.team)
                                        .setParameter("cluster", cluster.id)
                                        .getSingleResult())
                                .invoke(others -> compare(cluster, limits, others))
                                .replaceWithVoid());
    }

    private static void compare(Cluster cluster, Object[] limits, Object[] others) {
        compare("database cluster", limits[0], others[0], cluster.replicaOf == null ? 1 : 0);
        compare("storage", limits[1], others[1], cluster.storageSizeMib);
        compare("node", limits[2], others[2], cluster.numNodes);
    }

    private static void compare(String what, @Nullable Object limit, Object others, long own) {
        long asked = ((Number) others).longValue() + own;
        if (limit != null && asked > ((Number) limit).longValue()) {
            throw new Exceeded(what, ((Number) limit).longValue(), asked);
        }
    }
}
