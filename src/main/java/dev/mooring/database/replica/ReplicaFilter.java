package dev.mooring.database.replica;

import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** A read-only node's id works where a cluster's does, but for changes of what is not its own: that is made at its primary. */
class ReplicaFilter {

    private static final Pattern CHANGE = Pattern.compile(
            "/?(?:v2|mooring/v1|console)/databases/([0-9A-Fa-f-]{36})/(?!(?:resize|migrate|firewall|do_settings)/?$|pools(?:/|$)"
                    // The console's forms for the same.
                    + "|(?:credentials|network/(?:add|remove)|settings/(?:resize|destroy))/?$).+");

    private final Pool pool;
    private final ClusterQueries reads;

    ReplicaFilter(Pool pool, ClusterQueries reads) {
        this.pool = pool;
        this.reads = reads;
    }

    @ServerRequestFilter
    Uni<Response> check(ContainerRequestContext request) {
        Matcher path = CHANGE.matcher(request.getUriInfo().getPath());
        if (request.getMethod().equals("GET") || request.getMethod().equals("HEAD") || !path.matches()) {
            return Uni.createFrom().nullItem();
        }
        return primary(path.group(1))
                .chain(primary -> primary == null
                        ? Uni.createFrom().<Response>nullItem()
                        // Another team's is not there at all: who answers says so.
                        : reads.find(path.group(1))
                                .onFailure(ApiException.class)
                                .recoverWithNull()
                                .map(mine -> {
                                    if (mine != null) {
                                        throw ApiException.unprocessable(
                                                "operation is not supported for a read-only node: it has the users, databases and"
                                                        + " settings of the cluster " + primary);
                                    }
                                    return null;
                                }));
    }

    private Uni<UUID> primary(String id) {
        UUID node;
        try {
            node = UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            return Uni.createFrom().nullItem();
        }
        return pool.preparedQuery("select replica_of from cluster where id = $1 and deleted_at is null")
                .execute(Tuple.of(node))
                .map(rows ->
                        rows.rowCount() == 0 ? null : rows.iterator().next().getUUID(0));
    }
}
