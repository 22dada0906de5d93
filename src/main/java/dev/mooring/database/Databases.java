package dev.mooring.database;

import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Logical databases of clusters. Each change answers once the server has it. */
@ApplicationScoped
class Databases {

    private final ClusterChanges changes;

    Databases(ClusterChanges changes) {
        this.changes = changes;
    }

    Uni<Void> create(String clusterId, String name) {
        Problems problems = new Problems();
        PgNames.checkDatabase(problems, name);
        problems.throwIfAny();
        return changes.change(
                clusterId,
                cluster -> find(cluster, name).chain(present -> {
                    if (present != null) {
                        throw ApiException.unprocessable("name: database " + name + " exists already");
                    }
                    return add(cluster, name);
                }));
    }

    /** As part of a change of the cluster. */
    static Uni<Void> add(Cluster cluster, String name) {
        ClusterDatabase database = new ClusterDatabase();
        database.cluster = cluster.id;
        database.name = name;
        database.state = Presence.ADDING;
        database.revision = cluster.revision;
        database.position = (int) Math.min(Integer.MAX_VALUE, cluster.revision);
        return database.persist().replaceWithVoid();
    }

    Uni<Void> delete(String clusterId, String name) {
        return changes.change(
                clusterId,
                cluster -> find(cluster, name)
                        .invoke(database -> {
                            if (database == null || database.state.equals(Presence.REMOVING)) {
                                throw ApiException.notFound("database not found");
                            }
                            if (name.equals(ClusterViews.FIRST_DATABASE)) {
                                throw ApiException.unprocessable("database " + name
                                        + " cannot be deleted: the cluster's connection strings name it");
                            }
                            DevDatabase.keep(cluster, "database", name);
                            database.state = Presence.REMOVING;
                            database.revision = cluster.revision;
                        })
                        .replaceWithVoid());
    }

    private static Uni<ClusterDatabase> find(Cluster cluster, String name) {
        return ClusterDatabase.<ClusterDatabase>find("cluster = ?1 and name = ?2", cluster.id, name)
                .firstResult();
    }
}
