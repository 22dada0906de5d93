package dev.mooring.dataplane.local.cluster;

import dev.mooring.time.Monotonic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How long each stage of something took, for the log: what is slow once in a hundred times is known only by what was noted then. */
public final class Stages {

    private final List<String> all = new ArrayList<>();
    private long begun = Monotonic.nanos();

    /** That one has ended, and the next one begins. */
    public void ended(String stage) {
        long now = Monotonic.nanos();
        all.add(stage + " " + Duration.ofNanos(now - begun).toMillis());
        begun = now;
    }

    /** In milliseconds. */
    @Override
    public String toString() {
        return String.join(", ", all);
    }
}
