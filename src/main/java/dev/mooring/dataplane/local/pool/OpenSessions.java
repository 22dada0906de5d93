package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.ClientSessions;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.RolesAndDatabases;
import dev.mooring.dataplane.local.member.ServiceRole;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Who is connected to a cluster: to its primary, to the nodes that follow, and to its pools. */
public record OpenSessions(LocalClusters clusters) {

    private static final String SESSIONS = "select address, usename, datname, count(*), trusted from ("
            + "select pg_catalog.host(client_addr) as address, usename::pg_catalog.text, datname::pg_catalog.text,"
            + " (?::pg_catalog.bool or " + RolesAndDatabases.FROM_TRUSTED + ") as trusted"
            + RolesAndDatabases.OF_CLIENTS + ") sessions group by 1, 2, 3, 5 order by 1, 2, 3";

    /**
     * @param networks that might connect; null for every network
     * @return empty when the cluster does not run here, or its primary does not answer
     */
    public Optional<List<ClientSessions>> of(UUID cluster, @Nullable List<String> networks) throws IOException {
        ClusterFolder folder = clusters.folder(cluster);
        Optional<ClusterFolder.Manifest> known = folder.manifest();
        if (known.isEmpty()) {
            return Optional.empty();
        }
        ClusterFolder.Manifest manifest = known.get();
        List<ClientSessions> all = new ArrayList<>();
        try (Connection primary = clusters.open(manifest, "postgres")) {
            all.addAll(on(primary, networks));
            all.addAll(new Pooler(clusters, folder).clients(networks, primary));
        } catch (SQLException down) {
            return Optional.empty();
        }
        for (ClusterFolder.Standby standby : manifest.standbys()) {
            try (Connection follower = clusters.open(manifest.withPort(standby.port()), "postgres")) {
                all.addAll(on(follower, networks));
            } catch (SQLException down) {
                // Nobody has a session on a server that is down or still being copied.
            }
        }
        return Optional.of(all);
    }

    private static List<ClientSessions> on(Connection superuser, @Nullable List<String> networks) throws SQLException {
        List<ClientSessions> found = new ArrayList<>();
        try (PreparedStatement statement = superuser.prepareStatement(SESSIONS)) {
            List<String> trusted = networks == null ? List.of() : networks;
            statement.setBoolean(1, networks == null);
            statement.setArray(2, superuser.createArrayOf("text", trusted.toArray()));
            statement.setArray(
                    3, superuser.createArrayOf("text", ServiceRole.allNames().toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String database = rows.getString(3);
                    found.add(new ClientSessions(
                            rows.getString(1),
                            rows.getString(2),
                            database == null ? "" : database,
                            rows.getInt(4),
                            rows.getBoolean(5)));
                }
            }
        }
        return found;
    }
}
