package dev.mooring.database.replica;

import dev.mooring.database.cluster.Cluster;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** Users and databases of a read-only node: its primary's, until it becomes a cluster of its own and has the same ones. */
final class ReplicaMembers {

    private static final List<String> COPY = List.of(
            "insert into cluster_user (cluster, name, position, is_primary, secret, replication, dbos_role, acl, state, revision)"
                    + " select :node, name, position, is_primary, secret, replication, dbos_role, acl, 'active', :revision"
                    + " from cluster_user where cluster = :primary and state <> 'removing'",
            "insert into cluster_database (cluster, name, position, state, revision)"
                    + " select :node, name, position, 'active', :revision from cluster_database"
                    + " where cluster = :primary and state <> 'removing'");

    private ReplicaMembers() {}

    /** In the caller's transaction, which holds both. */
    static Uni<Void> copy(UUID primary, Cluster node) {
        Uni<Void> chain = Uni.createFrom().voidItem();
        for (String statement : COPY) {
            chain = chain.chain(() -> Panache.getSession())
                    .chain(session -> session.createNativeQuery(statement)
                            .setParameter("primary", primary)
                            .setParameter("node", node.id)
                            .setParameter("revision", node.revision)
                            .executeUpdate())
                    .replaceWithVoid();
        }
        return chain;
    }
}
