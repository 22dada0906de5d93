package dev.mooring.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** How requests are counted. */
class RateLimitsTest {

    private static RateLimits limits(long hourly, long burst) {
        return new RateLimits(
                new RateLimits.Settings() {
                    @Override
                    public long hourly() {
                        return hourly;
                    }

                    @Override
                    public long burst() {
                        return burst;
                    }
                },
                Clock.systemUTC());
    }

    @Test
    void whoSendsTooManyAtOnceIsToldWhenToComeBack() {
        RateLimits limits = limits(1000, 3);
        for (int i = 0; i < 3; i++) {
            assertThat(limits.take("a").retryAfterSeconds()).isZero();
        }
        RateLimits.Verdict refused = limits.take("a");
        assertThat(refused.retryAfterSeconds()).isBetween(1L, 60L);
        assertThat(refused.limit()).isEqualTo(1000);
        assertThat(limits.take("b").retryAfterSeconds())
                .as("others are not held up")
                .isZero();
    }

    @Test
    void theHourlyLimitCountsDown() {
        RateLimits limits = limits(2, 100);
        assertThat(limits.take("a").remaining()).isEqualTo(1);
        assertThat(limits.take("a").remaining()).isZero();
        RateLimits.Verdict refused = limits.take("a");
        assertThat(refused.retryAfterSeconds()).isPositive();
        assertThat(refused.resetAt()).isGreaterThan(Instant.now().getEpochSecond());
    }
}
