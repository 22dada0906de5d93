package dev.mooring.dataplane.local.standby;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** How long looks that fail are apart, by a clock that is set. */
class LooksTest {

    private static final UUID CLUSTER = new UUID(0, 1);

    private volatile Instant now = Instant.EPOCH;
    private volatile boolean away = true;

    private final class Seen extends Looks {

        private final BlockingQueue<Thread> at = new LinkedBlockingQueue<>();

        Seen() {
            super(new ClusterFolder(CLUSTER, Path.of("none")), () -> now);
        }

        @Override
        boolean lookOnce() throws IOException {
            at.add(Thread.currentThread());
            if (away) {
                throw new IOException("it is away");
            }
            return true;
        }

        /** @return whether there was one, which is over now */
        boolean looked() throws InterruptedException {
            if (!look()) {
                return false;
            }
            at.take().join();
            return true;
        }

        /** Failed looks until the next one has to wait. */
        Seen untilItWaits() throws InterruptedException {
            for (int i = 0; i < 4; i++) {
                assertThat(looked()).as("look %d follows at once", i).isTrue();
            }
            assertThat(looked()).isFalse();
            return this;
        }
    }

    /** A server that comes or goes makes some fail; from then on each wait is twice the one before, up to half a minute. */
    @Test
    void whatFailsAgainAndAgainIsLookedAtLessAndLess() throws Exception {
        Seen seen = new Seen().untilItWaits();
        for (long wait : new long[] {250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 32000, 32000}) {
            now = now.plusMillis(wait - 1);
            assertThat(seen.looked()).as("before %d ms are over", wait).isFalse();
            now = now.plusMillis(1);
            assertThat(seen.looked()).as("when %d ms are over", wait).isTrue();
        }
    }

    @Test
    void oneThatSucceedsIsANewBeginning() throws Exception {
        Seen seen = new Seen().untilItWaits();
        away = false;
        now = now.plus(Duration.ofMinutes(1));
        assertThat(seen.looked()).isTrue();
        assertThat(seen.settled()).isTrue();
        away = true;
        seen.untilItWaits();
    }

    @Test
    void whatIsSaidToBeOtherNowIsLookedAtAtOnce() throws Exception {
        Seen seen = new Seen().untilItWaits();
        seen.forgetFailures();
        seen.untilItWaits();
    }

    @Test
    void nothingIsLookedAtAfterTheEnd() throws Exception {
        Seen seen = new Seen();
        seen.end();
        assertThat(seen.looked()).isFalse();
    }
}
