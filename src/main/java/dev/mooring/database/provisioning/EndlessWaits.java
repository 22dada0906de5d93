package dev.mooring.database.provisioning;

import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Clients of the vendor's API wait for the status online and know no other end: doctl asks 180 times, every 10 s, Terraform every 15 s for
 * half an hour, both with its Go library. The one thing besides that ends their wait is an error, whose text they show. So within a minute
 * of a failure they are told the reason in that way, each token once, by whichever process; afterwards they read what there is, to show it,
 * retry it or delete it. Everybody else reads the status from the start.
 */
@ApplicationScoped
public class EndlessWaits {

    /** Longer than any of them pauses. */
    private static final Duration TELLING = Duration.ofMinutes(1);

    /** In the User-Agent of whatever is made with the vendor's Go library. */
    private static final String LIBRARY = "godo/";

    /** Writes nothing where it has been told. */
    private static final String TELL =
            "insert into failure_told (cluster, token, failed_at) select id, $2, $3 from cluster where id = $1"
                    + " on conflict (cluster, token) do update set failed_at = excluded.failed_at"
                    + " where failure_told.failed_at <> excluded.failed_at";

    private final Pool pool;
    private final Clock clock;

    EndlessWaits(Pool pool, Clock clock) {
        this.pool = pool;
        this.clock = clock;
    }

    /**
     * @param at when it failed
     * @param reason in words for who asked for it
     */
    public record Failed(UUID cluster, OffsetDateTime at, String reason) {

        /** Null where nothing failed. */
        public static @Nullable Failed of(ClusterSnapshot cluster) {
            String reason = cluster.failed() ? cluster.failure() : cluster.changeFailure();
            return reason == null || cluster.failedAt() == null
                    ? null
                    : new Failed(
                            cluster.id(),
                            cluster.failedAt(),
                            (cluster.replicaOf() == null ? "the cluster " : "the read-only node ")
                                    + cluster.name()
                                    + (cluster.failed() ? " could not be created: " : " could not be changed: ")
                                    + reason);
        }
    }

    /** Fails with 422 and the reason when this is the answer that ends the wait. */
    public Uni<Void> end(@Nullable Failed failed, UUID token, @Nullable String client) {
        if (failed == null
                || client == null
                || !client.contains(LIBRARY)
                || failed.at().toInstant().plus(TELLING).isBefore(clock.instant())) {
            return Uni.createFrom().voidItem();
        }
        return pool.preparedQuery(TELL)
                .execute(Tuple.of(failed.cluster(), token, failed.at()))
                .invoke(told -> {
                    if (told.rowCount() > 0) {
                        throw ApiException.unprocessable(failed.reason());
                    }
                })
                .replaceWithVoid();
    }
}
