package dev.mooring.database.metrics;

import dev.mooring.home.Vault;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;

/** The one user name and password by which a team's metrics are read. */
@ApplicationScoped
class MetricsCredentials {

    private final Pool pool;
    private final Vault vault;

    MetricsCredentials(Pool pool, Vault vault) {
        this.pool = pool;
        this.vault = vault;
    }

    record Basic(String basicAuthUsername, String basicAuthPassword) {
        boolean matches(String username, String password) {
            boolean name = same(basicAuthUsername, username);
            return same(basicAuthPassword, password) && name;
        }

        private static boolean same(String one, String other) {
            return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
        }
    }

    Uni<Basic> of(UUID team) {
        return pool.preparedQuery("select metrics_username, metrics_secret from team where id = $1")
                .execute(Tuple.of(team))
                .map(rows -> rows.iterator().next())
                .map(row -> new Basic(row.getString(0), vault.unseal(row.getString(1))));
    }

    /** Those of the team that has the cluster; null when there is no such cluster any more. */
    Uni<Basic> ofCluster(UUID cluster) {
        return pool.preparedQuery(
                        "select metrics_username, metrics_secret from team join cluster on cluster.team = team.id"
                                + " where cluster.id = $1 and cluster.deleted_at is null")
                .execute(Tuple.of(cluster))
                .map(rows -> rows.rowCount() == 0
                        ? null
                        : new Basic(
                                rows.iterator().next().getString(0),
                                vault.unseal(rows.iterator().next().getString(1))));
    }

    Uni<Void> replace(UUID team, Basic basic) {
        return pool.preparedQuery("update team set metrics_username = $2, metrics_secret = $3 where id = $1")
                .execute(Tuple.of(team, basic.basicAuthUsername(), vault.seal(basic.basicAuthPassword())))
                .replaceWithVoid();
    }
}
