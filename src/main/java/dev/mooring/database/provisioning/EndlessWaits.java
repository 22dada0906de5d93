package dev.mooring.database.provisioning;

import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.web.ApiException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Clients of the vendor's API wait for the status online and know no other end: doctl asks 180 times, every 10 s, Terraform every 15 s for
 * half an hour, both with its Go library. The one thing besides that ends their wait is an error, whose text they show. So within a minute
 * of a failure they are told the reason in that way, each token once; afterwards they read what there is, to show it, retry it or delete it.
 * Everybody else reads the status from the start.
 */
@ApplicationScoped
class EndlessWaits {

    /** Longer than any of them pauses. */
    private static final Duration TELLING = Duration.ofMinutes(1);

    /** In the User-Agent of whatever is made with the vendor's Go library. */
    private static final String LIBRARY = "godo/";

    private static final int MOST = 10_000;

    private final Map<Told, Instant> told = new ConcurrentHashMap<>();
    private final Clock clock;

    EndlessWaits(Clock clock) {
        this.clock = clock;
    }

    private record Told(Failed failed, UUID token) {}

    /**
     * @param at when it failed
     * @param reason in words for who asked for it
     */
    record Failed(UUID cluster, Instant at, String reason) {

        /** Null where nothing failed. */
        static @Nullable Failed of(ClusterSnapshot cluster) {
            String reason = cluster.failed() ? cluster.failure() : cluster.changeFailure();
            return reason == null || cluster.failedAt() == null
                    ? null
                    : new Failed(
                            cluster.id(),
                            cluster.failedAt().toInstant(),
                            "the cluster " + cluster.name()
                                    + (cluster.failed() ? " could not be created: " : " could not be changed: ")
                                    + reason);
        }
    }

    /** Fails with 422 and the reason when this is the answer that ends the wait. */
    void end(Failed failed, UUID token, @Nullable String client) {
        Instant now = clock.instant();
        if (client == null
                || !client.contains(LIBRARY)
                || failed.at().plus(TELLING).isBefore(now)) {
            return;
        }
        if (told.size() > MOST) {
            told.values().removeIf(at -> at.plus(TELLING).isBefore(now));
        }
        if (told.putIfAbsent(new Told(failed, token), now) == null) {
            throw ApiException.unprocessable(failed.reason());
        }
    }
}
