package dev.mooring.web;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How many requests each token may send, counted in this process. */
@ApplicationScoped
public class RateLimits {

    /** Settings. */
    @ConfigMapping(prefix = "mooring.rate-limit")
    public interface Settings {
        /** Requests of one token within an hour. */
        @WithDefault("1000000")
        long hourly();

        /** Requests of one token within a minute. */
        @WithDefault("100000")
        long burst();
    }

    private static final String ANONYMOUS = "";
    private static final int MOST_BUCKETS = 10_000;

    private final Settings settings;
    private final Clock clock;
    private final Map<String, Buckets> buckets = new ConcurrentHashMap<>();

    RateLimits(Settings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * @param resetAt Unix seconds at which the whole limit is there again
     * @param retryAfterSeconds zero when the request may pass
     */
    public record Verdict(long limit, long remaining, long resetAt, long retryAfterSeconds) {}

    /**
     * @param token the caller; null for requests without a valid one
     */
    public Verdict take(@Nullable String token) {
        if (buckets.size() > MOST_BUCKETS) {
            buckets.clear();
        }
        Buckets mine = buckets.computeIfAbsent(token == null ? ANONYMOUS : token, key -> newBuckets());
        ConsumptionProbe burst = mine.burst().tryConsumeAndReturnRemaining(1);
        if (!burst.isConsumed()) {
            return verdict(mine.hourly().getAvailableTokens(), burst, burst.getNanosToWaitForRefill());
        }
        ConsumptionProbe hourly = mine.hourly().tryConsumeAndReturnRemaining(1);
        return verdict(hourly.getRemainingTokens(), hourly, hourly.isConsumed() ? 0 : hourly.getNanosToWaitForRefill());
    }

    private Verdict verdict(long remaining, ConsumptionProbe probe, long waitNanos) {
        long reset = clock.instant().plusNanos(probe.getNanosToWaitForReset()).getEpochSecond();
        return new Verdict(settings.hourly(), remaining, reset, Math.ceilDiv(waitNanos, 1_000_000_000L));
    }

    private Buckets newBuckets() {
        return new Buckets(
                bucket(settings.hourly(), Duration.ofHours(1)), bucket(settings.burst(), Duration.ofMinutes(1)));
    }

    private static Bucket bucket(long capacity, Duration period) {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(capacity).refillGreedy(capacity, period))
                .build();
    }

    private record Buckets(Bucket hourly, Bucket burst) {}
}
