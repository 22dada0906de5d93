package dev.mooring.operation.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SlotsTest {

    private static final Duration LONG = Duration.ofMillis(200);

    private final Slots slots = new Slots(8);

    private void claim(int count) {
        slots.claiming();
        for (int i = 0; i < count; i++) {
            slots.claimed();
        }
    }

    private void end(int count, Duration after) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            slots.enter();
            slots.leave(System.nanoTime() - after.toNanos());
        }
    }

    @Test
    void thereIsRoomForAsManyAsAreFree() throws Exception {
        assertThat(slots.room()).isEqualTo(8);
        claim(8);
        assertThat(slots.room()).isZero();
        end(3, LONG);
        assertThat(slots.room()).isEqualTo(3);
    }

    @Test
    void longOnesAreNeverClaimedAhead() throws Exception {
        claim(8);
        end(8, LONG);
        assertThat(slots.room()).isEqualTo(8);
    }

    @Test
    void quickOnesMakeRoomForMore() throws Exception {
        claim(8);
        end(8, Duration.ZERO);
        assertThat(slots.room())
                .as("twice the eight that were quick, and the slots")
                .isEqualTo(24);
        claim(24);
        assertThat(slots.room()).isZero();
        end(10, Duration.ZERO);
        assertThat(slots.room())
                .as("half of what may be claimed is worth a round trip")
                .isEqualTo(14);
    }

    @Test
    void oneThatIsHandedBackTakesNoRoom() {
        claim(1);
        slots.handBack();
        assertThat(slots.room()).isEqualTo(8);
    }
}
