package dev.mooring.dboscloud.instance;

import dev.mooring.database.cluster.Cluster;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server as DBOS Cloud's API sees it: a managed cluster, or a server that somebody else runs and that was linked.
 *
 * @param status as of clusters; a linked one is always {@code online}
 * @param failure why it will not serve
 * @param user who owns what the apps have; for a cluster that was made by other means its administrator
 * @param admin who runs migrations; null for a cluster that no app of this kind has used yet
 * @param supabaseReference what the owner of a linked one gave as that
 */
public record Instance(
        UUID id,
        String name,
        String status,
        @Nullable String failure,
        String host,
        int port,
        String user,
        @Nullable String admin,
        boolean linked,
        @Nullable String supabaseReference) {

    public boolean online() {
        return status.equals(Cluster.ONLINE);
    }
}
