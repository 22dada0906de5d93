package dev.mooring.time;

import java.time.Duration;

/** The end of a wait. Setting the machine's time neither cuts nor stretches it. */
public final class Deadline {

    private final long begun = Monotonic.nanos();
    private final Duration limit;

    private Deadline(Duration limit) {
        this.limit = limit;
    }

    /** As long from now on. */
    public static Deadline in(Duration limit) {
        return new Deadline(limit);
    }

    /** Whether there is no time left. */
    public boolean passed() {
        return remaining().isNegative();
    }

    /** The time that is left; none when it has passed. */
    public Duration left() {
        Duration remaining = remaining();
        return remaining.isNegative() ? Duration.ZERO : remaining;
    }

    private Duration remaining() {
        return limit.minusNanos(Monotonic.nanos() - begun);
    }
}
