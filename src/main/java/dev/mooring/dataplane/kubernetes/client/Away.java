package dev.mooring.dataplane.kubernetes.client;

import java.time.Duration;
import java.util.Objects;

/** The API server does not answer, or says that it cannot just now: nothing is known to be wrong with what was asked. */
public final class Away extends RuntimeException {

    private final boolean refused;
    private final Duration pause;

    Away(String message, Throwable cause) {
        this(message, false, Duration.ZERO, cause);
    }

    /**
     * @param refused whether it has answered, and somebody has to make room first
     * @param pause how long it wants to be left alone at least
     */
    Away(String message, boolean refused, Duration pause, Throwable cause) {
        super(message, cause);
        this.refused = refused;
        this.pause = pause;
    }

    /** Whether waiting for long makes no sense without somebody who does something about it. */
    public boolean refused() {
        return refused;
    }

    public Duration pause() {
        return pause;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), getClass().getSimpleName());
    }
}
