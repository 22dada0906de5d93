package dev.mooring.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RefusalsTest {

    private final long start = System.nanoTime();

    @Test
    void whatIsLeftOutIsCountedWithTheNextOne() {
        Refusals refusals = new Refusals();
        for (int i = 0; i < 10; i++) {
            assertThat(refusals.admit("somebody", start)).isEqualTo(OptionalInt.of(0));
        }
        for (int i = 0; i < 25; i++) {
            assertThat(refusals.admit("somebody", start)).isEmpty();
        }
        assertThat(refusals.admit("another", start)).isEqualTo(OptionalInt.of(0));
        long later = start + Duration.ofSeconds(61).toNanos();
        assertThat(refusals.admit("somebody", later)).isEqualTo(OptionalInt.of(25));
        assertThat(refusals.admit("somebody", later)).isEqualTo(OptionalInt.of(0));
    }

    @Test
    void manyCallersTogetherHaveABoundToo() {
        Refusals refusals = new Refusals();
        long written = 0;
        for (int i = 0; i < 30_000; i++) {
            written += refusals.admit("caller " + i, start).isPresent() ? 1 : 0;
        }
        assertThat(written).isEqualTo(500);
    }
}
