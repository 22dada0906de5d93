package dev.mooring.database.binding;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ConnectionPool;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as apps see it.
 *
 * @param component of the app whose dev database it is, or was before it was converted
 * @param managed false for a dev database
 * @param plane where it runs; null for one that somebody else runs
 * @param status as in the API; {@code online} once it serves
 * @param failure why it will not serve
 * @param ca PEM of the CA that signed its certificate
 * @param users sealed passwords by user
 * @param trusts whether the app may connect; true for everybody when the cluster has no trusted sources
 * @param restricted whether the cluster has trusted sources
 * @param poolPort where its connection pools are reached; 0 for a cluster that has none
 * @param linked whether somebody else runs it: then nobody knows its databases and its CA
 */
public record AppDatabase(
        UUID id,
        @Nullable String component,
        boolean managed,
        String name,
        String engine,
        @Nullable String version,
        String region,
        @Nullable String plane,
        String status,
        @Nullable String failure,
        String host,
        int port,
        @Nullable String ca,
        Map<String, String> users,
        List<String> databases,
        boolean trusts,
        boolean restricted,
        boolean linked,
        int poolPort,
        List<ConnectionPool> pools) {

    AppDatabase withCa(String pem) {
        return new AppDatabase(
                id,
                component,
                managed,
                name,
                engine,
                version,
                region,
                plane,
                status,
                failure,
                host,
                port,
                pem,
                users,
                databases,
                trusts,
                restricted,
                linked,
                poolPort,
                pools);
    }

    public boolean online() {
        return status.equals(Cluster.ONLINE);
    }
}
