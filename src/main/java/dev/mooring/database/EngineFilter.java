package dev.mooring.database;

import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Answers for whatever a Kafka cluster has not: databases, pools, copies to read from, backups, and what is made of them. */
class EngineFilter {

    private static final Pattern POSTGRES_ALONE = Pattern.compile(
            "/?(?:v2|mooring/v1)/databases/([^/]+)/"
                    + "(?:dbs|pools|replicas|switchover|backups|drills|recovery-window|backup-policy|online-migration|convert)(?:/.*)?");
    /** Forms of the console for the same, which have no such thing to show before. */
    private static final Pattern FORM =
            Pattern.compile("/?console/databases/([^/]+)/(?:dbs|remove_db|pools|replicas)(?:/.*)?");

    private final ClusterQueries reads;

    EngineFilter(ClusterQueries reads) {
        this.reads = reads;
    }

    @ServerRequestFilter
    Uni<Response> check(ContainerRequestContext request) {
        String uri = request.getUriInfo().getPath();
        Matcher call = POSTGRES_ALONE.matcher(uri);
        Matcher path = call.matches() ? call : FORM.matcher(uri);
        return path == call || path.matches() && request.getMethod().equals("POST")
                ? reads.find(path.group(1))
                        // Some of it is answered for deleted clusters too: who answers knows best what is not there.
                        .onFailure(ApiException.class)
                        .recoverWithNull()
                        .map(cluster -> {
                            if (cluster != null && cluster.engine().equals(KafkaEngine.ENGINE)) {
                                throw ApiException.unprocessable("operation is not supported for this cluster type");
                            }
                            return null;
                        })
                : Uni.createFrom().nullItem();
    }
}
