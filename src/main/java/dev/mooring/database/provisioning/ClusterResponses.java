package dev.mooring.database.provisioning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.mooring.access.Caller;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterViews;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Answers of GET for one cluster, the question that every waiting client repeats. The row's mark is read each time; only
 * when it differs from that of the last answer is the cluster read and drawn anew.
 */
@ApplicationScoped
class ClusterResponses {

    private static final int MOST = 10_000;

    private final ClusterQueries reads;
    private final ClusterViews views;
    private final ObjectWriter writer;
    private final Caller caller;
    private final EndlessWaits waits;
    private final Map<Key, Answer> answers = new ConcurrentHashMap<>();

    private record Key(UUID cluster, boolean credentials) {}

    /**
     * @param failed what is to be told to whoever waits for something else
     */
    private record Answer(long mark, byte[] body, EndlessWaits.@Nullable Failed failed) {}

    ClusterResponses(ClusterQueries reads, ClusterViews views, ObjectMapper mapper, Caller caller, EndlessWaits waits) {
        this.reads = reads;
        this.views = views;
        this.writer = mapper.writerFor(ClusterResource.ClusterEnvelope.class);
        this.caller = caller;
        this.waits = waits;
    }

    /**
     * As UTF-8 JSON; fails with 404, or as {@link EndlessWaits} says.
     *
     * @param client the request's User-Agent
     */
    Uni<byte[]> of(String id, @Nullable String client) {
        UUID token = caller.token();
        return answer(id)
                .call(answer -> waits.end(answer.failed(), token, client))
                .map(Answer::body);
    }

    private Uni<Answer> answer(String id) {
        UUID uuid = ClusterId.parse(id);
        boolean credentials = caller.seesCredentials();
        Answer last = answers.get(new Key(uuid, credentials));
        if (last == null) {
            return draw(uuid, credentials);
        }
        return reads.mark(uuid)
                .chain(mark -> mark == last.mark() ? Uni.createFrom().item(last) : draw(uuid, credentials));
    }

    private Uni<Answer> draw(UUID id, boolean credentials) {
        return reads.find(id.toString()).map(cluster -> {
            byte[] body = write(new ClusterResource.ClusterEnvelope(views.of(cluster, credentials)));
            if (answers.size() > MOST) {
                answers.clear();
            }
            Answer answer = new Answer(cluster.mark(), body, EndlessWaits.Failed.of(cluster));
            answers.put(new Key(id, credentials), answer);
            return answer;
        });
    }

    private byte[] write(ClusterResource.ClusterEnvelope envelope) {
        try {
            return writer.writeValueAsBytes(envelope);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
