package dev.mooring.audit;

import dev.mooring.time.Monotonic;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How many refused requests are written down: whoever tries doors in a loop must not fill the trail. What is left out is counted
 * with the next one of the same caller.
 */
@ApplicationScoped
class Refusals {

    private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int MOST_OF_ONE = 10;
    private static final int MOST_OF_ALL = 500;
    private static final int MOST_CALLERS = 10_000;

    private final Map<String, Count> counts = new HashMap<>();
    private final Count all = new Count();

    private static final class Count {
        private long since = Monotonic.nanos();
        private int written;
        private int omitted;

        boolean full(long now, int most) {
            if (now - since > WINDOW_NANOS) {
                since = now;
                written = 0;
            }
            return written >= most;
        }
    }

    /**
     * @param caller a token or an address
     * @return how many before this one were left out; empty when this one is to be left out too
     */
    OptionalInt admit(String caller) {
        return admit(caller, Monotonic.nanos());
    }

    synchronized OptionalInt admit(String caller, long now) {
        if (counts.size() > MOST_CALLERS) {
            counts.clear();
        }
        Count one = counts.computeIfAbsent(caller, first -> new Count());
        if (one.full(now, MOST_OF_ONE) || all.full(now, MOST_OF_ALL)) {
            one.omitted++;
            return OptionalInt.empty();
        }
        one.written++;
        all.written++;
        int omitted = one.omitted;
        one.omitted = 0;
        return OptionalInt.of(omitted);
    }
}
