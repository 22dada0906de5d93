package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.local.postgres.Postmaster;
import java.time.Duration;
import java.time.Instant;

/** Whether a server that was just started is still on its way: its pid file appears a moment after the start. */
final class StartWatch {

    private static final Duration PID_FILE_LIMIT = Duration.ofSeconds(3);

    private final Postmaster postmaster;
    private final Instant since = Instant.now();
    private boolean seen;

    StartWatch(Postmaster postmaster) {
        this.postmaster = postmaster;
    }

    boolean goesOn() {
        if (postmaster.alive()) {
            seen = true;
            return true;
        }
        return !seen && Instant.now().isBefore(since.plus(PID_FILE_LIMIT));
    }
}
