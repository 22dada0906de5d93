package dev.mooring.database.member;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.database.cluster.DevDatabase;
import dev.mooring.database.cluster.MemberState;
import dev.mooring.database.cluster.UserView;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.engine.postgres.PgNames;
import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Users of clusters. Each change answers once the server has it. */
@ApplicationScoped
public class Users {

    private final ClusterChanges changes;
    private final Vault vault;
    private final TopicAcls acls;

    Users(ClusterChanges changes, Vault vault, TopicAcls acls) {
        this.changes = changes;
        this.vault = vault;
        this.acls = acls;
    }

    @Schema(name = "NewDatabaseUser")
    public record NewUser(
            @Schema(required = true, examples = "app") @Nullable
            String name,

            UserView.@Nullable Settings settings) {}

    @Schema(name = "DatabaseUserChange")
    public record UserChange(UserView.Settings settings) {}

    /** @return its name */
    Uni<String> create(String clusterId, @Nullable NewUser wanted) {
        String name = wanted == null ? null : wanted.name();
        Problems problems = new Problems();
        PgNames.checkUser(problems, name);
        problems.throwIfAny();
        return create(clusterId, Objects.requireNonNull(name), wanted == null ? null : wanted.settings());
    }

    private Uni<String> create(String clusterId, String name, UserView.@Nullable Settings wanted) {
        return changes.change(
                clusterId,
                cluster -> find(cluster, name).chain(present -> {
                    if (present != null) {
                        throw ApiException.unprocessable("name: user " + name + " exists already");
                    }
                    ClusterUser user = new ClusterUser();
                    user.cluster = cluster.id;
                    user.name = name;
                    user.secret = vault.seal(RandomText.password());
                    settings(cluster, user, wanted);
                    user.state = MemberState.ADDING;
                    user.revision = cluster.revision;
                    user.position = (int) Math.min(Integer.MAX_VALUE, cluster.revision);
                    return user.persist().replaceWith(name);
                }));
    }

    Uni<Void> update(String clusterId, String name, @Nullable UserChange wanted) {
        return changes.change(
                clusterId,
                cluster -> required(cluster, name)
                        .invoke(user -> {
                            if (user.isPrimary) {
                                throw ApiException.unprocessable("settings: those of " + name + " cannot be changed");
                            }
                            settings(cluster, user, wanted == null ? null : wanted.settings());
                            user.revision = cluster.revision;
                        })
                        .replaceWithVoid());
    }

    Uni<Void> delete(String clusterId, String name) {
        return changes.change(
                clusterId,
                cluster -> held(cluster, name)
                        .call(user -> {
                            if (user.isPrimary) {
                                throw ApiException.unprocessable(
                                        "user " + name + " cannot be deleted: it is the cluster's administrator");
                            }
                            DevDatabase.keep(cluster, "user", name);
                            return ConnectionPool.keepUser(cluster, name);
                        })
                        .invoke(user -> {
                            user.state = MemberState.REMOVING;
                            user.revision = cluster.revision;
                        })
                        .replaceWithVoid());
    }

    /** A new password, and for a user of Kafka another certificate; sessions that are open with the password before stay open. */
    Uni<Void> resetPassword(String clusterId, String name) {
        return changes.change(
                clusterId,
                cluster -> required(cluster, name)
                        .invoke(user -> {
                            user.previousSecret = user.secret;
                            user.secret = vault.seal(RandomText.password());
                            user.renewsAccess = cluster.engine.equals(KafkaEngine.ENGINE);
                            user.revision = cluster.revision;
                        })
                        .replaceWithVoid());
    }

    /** Those of the cluster's engine. */
    private void settings(Cluster cluster, ClusterUser user, UserView.@Nullable Settings settings) {
        boolean topics = cluster.engine.equals(KafkaEngine.ENGINE);
        if (!topics && settings != null && settings.acl() != null) {
            throw ApiException.unprocessable("settings.acl: is for users of Kafka clusters");
        }
        if (topics) {
            user.acl = acls.stored(user.acl, settings == null ? null : settings.acl());
        } else {
            user.replication = settings == null ? null : settings.pgAllowReplication();
        }
    }

    public static Uni<ClusterUser> required(Cluster cluster, String name) {
        return find(cluster, name).invoke(Users::requireThere);
    }

    private static Uni<ClusterUser> held(Cluster cluster, String name) {
        return ClusterUser.<ClusterUser>find("cluster = ?1 and name = ?2", cluster.id, name)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult()
                .invoke(Users::requireThere);
    }

    private static void requireThere(@Nullable ClusterUser user) {
        if (user == null || user.state.equals(MemberState.REMOVING)) {
            throw ApiException.notFound("user not found");
        }
    }

    private static Uni<ClusterUser> find(Cluster cluster, String name) {
        return ClusterUser.<ClusterUser>find("cluster = ?1 and name = ?2", cluster.id, name)
                .firstResult();
    }
}
