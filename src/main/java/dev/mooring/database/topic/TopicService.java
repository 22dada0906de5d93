package dev.mooring.database.topic;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.dataplane.Topics;
import dev.mooring.engine.kafka.TopicConfig;
import dev.mooring.engine.kafka.TopicNames;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Topics of clusters. They are where the brokers are, and each answer says what is in force there. */
@ApplicationScoped
class TopicService {

    private static final int MOST_PARTITIONS = 1000;
    private static final int MOST_COPIES = 32767;

    private final ClusterQueries reads;
    private final ClusterPlanes planes;

    TopicService(ClusterQueries reads, ClusterPlanes planes) {
        this.reads = reads;
        this.planes = planes;
    }

    Uni<List<Topics.Topic>> list(String id) {
        return on(id, Topics::list);
    }

    /** Fails with 404. */
    Uni<Topics.Detail> get(String id, String name) {
        return on(id, (topics, cluster) -> found(topics, cluster, name));
    }

    Uni<Topics.Detail> create(String id, TopicView.@Nullable NewTopic wanted) {
        Problems problems = new Problems();
        TopicNames.check(problems, wanted == null ? null : wanted.name());
        if (wanted == null) {
            throw ApiException.unprocessable(String.join("; ", problems.all()));
        }
        ObjectNode config = check(problems, wanted.partitionCount(), wanted.replicationFactor(), wanted.config());
        return on(
                id,
                (topics, cluster) -> topics.create(
                                cluster,
                                wanted.name(),
                                orNone(wanted.partitionCount()),
                                orNone(wanted.replicationFactor()),
                                TopicConfig.properties(config))
                        .chain(() -> found(topics, cluster, wanted.name())));
    }

    Uni<Topics.Detail> change(String id, String name, TopicView.@Nullable Change wanted) {
        if (wanted == null) {
            throw ApiException.badRequest("error parsing request body: a JSON object is required");
        }
        ObjectNode config = check(new Problems(), wanted.partitionCount(), wanted.replicationFactor(), wanted.config());
        return on(
                id,
                (topics, cluster) -> topics.change(
                                cluster,
                                name,
                                orNone(wanted.partitionCount()),
                                orNone(wanted.replicationFactor()),
                                TopicConfig.properties(config))
                        .invoke(TopicService::requireFound)
                        .chain(() -> found(topics, cluster, name)));
    }

    Uni<Void> delete(String id, String name) {
        return on(id, (topics, cluster) -> topics.delete(cluster, name))
                .invoke(TopicService::requireFound)
                .replaceWithVoid();
    }

    private static Uni<Topics.Detail> found(Topics topics, UUID cluster, String name) {
        return topics.find(cluster, name).map(found -> found.orElseThrow(TopicService::notFound));
    }

    private static ObjectNode check(
            Problems problems, @Nullable Integer partitions, @Nullable Integer copies, @Nullable ObjectNode config) {
        problems.check(
                partitions == null || partitions >= 1 && partitions <= MOST_PARTITIONS,
                "partition_count",
                "must be 1 to " + MOST_PARTITIONS);
        problems.check(
                copies == null || copies >= 1 && copies <= MOST_COPIES,
                "replication_factor",
                "must be 1 to " + MOST_COPIES);
        ObjectNode wanted = config == null ? JsonNodeFactory.instance.objectNode() : config;
        TopicConfig.check(problems, wanted);
        problems.throwIfAny();
        return wanted;
    }

    private static int orNone(@Nullable Integer number) {
        return number == null ? 0 : number;
    }

    private static void requireFound(boolean found) {
        if (!found) {
            throw notFound();
        }
    }

    private static ApiException notFound() {
        return ApiException.notFound("topic not found");
    }

    private <T> Uni<T> on(String id, BiFunction<Topics, UUID, Uni<T>> question) {
        return reads.find(id)
                .chain(cluster -> question.apply(topics(cluster), cluster.id()))
                .onFailure(Topics.Refused.class)
                .transform(refused -> ApiException.unprocessable(refused.getMessage()))
                .onFailure(Topics.Unreachable.class)
                .transform(silent ->
                        new ApiException(412, "the topics cannot be asked for or changed now: " + silent.getMessage()));
    }

    private Topics topics(ClusterSnapshot cluster) {
        Topics topics = planes.get(cluster.plane())
                .topics(cluster.engine())
                .orElseThrow(() -> ApiException.unprocessable("operation is not supported for this cluster type"));
        if (!cluster.status().equals(Cluster.ONLINE) && !cluster.status().equals(Cluster.RESIZING)) {
            throw cluster.failed()
                    ? new ApiException(412, "the cluster is not usable: " + cluster.failure())
                    : ApiException.busy();
        }
        return topics;
    }
}
