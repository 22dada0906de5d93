package dev.mooring.database.member;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterDatabase;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.database.cluster.DevDatabase;
import dev.mooring.database.cluster.MemberState;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.engine.postgres.PgNames;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Logical databases of clusters. Each change answers once the server has it. */
@ApplicationScoped
public class Databases {

    private final ClusterChanges changes;

    Databases(ClusterChanges changes) {
        this.changes = changes;
    }

    Uni<Void> create(String clusterId, @Nullable String name) {
        Problems problems = new Problems();
        PgNames.checkDatabase(problems, name);
        problems.throwIfAny();
        return changes.change(
                clusterId,
                cluster -> find(cluster, name).chain(present -> {
                    if (present != null) {
                        throw ApiException.unprocessable("name: database " + name + " exists already");
                    }
                    return added(cluster, Objects.requireNonNull(name))
                            .persist()
                            .replaceWithVoid();
                }));
    }

    private static ClusterDatabase added(Cluster cluster, String name) {
        ClusterDatabase database = new ClusterDatabase();
        database.cluster = cluster.id;
        database.name = name;
        database.state = MemberState.ADDING;
        database.revision = cluster.revision;
        database.position = (int) Math.min(Integer.MAX_VALUE, cluster.revision);
        return database;
    }

    /** Those that are not there yet; part of a change of the cluster. */
    public static Uni<Void> add(Cluster cluster, List<String> names) {
        return ClusterDatabase.<ClusterDatabase>list("cluster", cluster.id)
                .map(present -> present.stream().map(database -> database.name).toList())
                .chain(present -> ClusterDatabase.persist(names.stream()
                        .filter(name -> !present.contains(name))
                        .map(name -> added(cluster, name))
                        .toList()));
    }

    /** Those that are there; part of a change of the cluster. */
    public static Uni<Void> remove(Cluster cluster, List<String> names) {
        return ClusterDatabase.<ClusterDatabase>find("cluster = ?1 and name in ?2", cluster.id, names)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list()
                .call(() -> Multi.createFrom()
                        .iterable(names)
                        .onItem()
                        .transformToUniAndConcatenate(name -> ConnectionPool.keepDatabase(cluster, name))
                        .collect()
                        .last())
                .invoke(present -> present.forEach(database -> {
                    database.state = MemberState.REMOVING;
                    database.revision = cluster.revision;
                }))
                .replaceWithVoid();
    }

    Uni<Void> delete(String clusterId, String name) {
        return changes.change(
                clusterId,
                cluster -> ClusterDatabase.<ClusterDatabase>find("cluster = ?1 and name = ?2", cluster.id, name)
                        .withLock(LockModeType.PESSIMISTIC_WRITE)
                        .firstResult()
                        .call(database -> {
                            if (database == null || database.state.equals(MemberState.REMOVING)) {
                                throw ApiException.notFound("database not found");
                            }
                            if (name.equals(PostgresEngine.FIRST_DATABASE)) {
                                throw ApiException.unprocessable("database " + name
                                        + " cannot be deleted: the cluster's connection strings name it");
                            }
                            DevDatabase.keep(cluster, "database", name);
                            return ConnectionPool.keepDatabase(cluster, name);
                        })
                        .invoke(database -> {
                            database.state = MemberState.REMOVING;
                            database.revision = cluster.revision;
                        })
                        .replaceWithVoid());
    }

    private static Uni<ClusterDatabase> find(Cluster cluster, @Nullable String name) {
        return ClusterDatabase.<ClusterDatabase>find("cluster = ?1 and name = ?2", cluster.id, name)
                .firstResult();
    }
}
