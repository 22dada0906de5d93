package dev.mooring.operation;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where an operation is in its life. Only the engine moves it. Ended operations are kept for {@code mooring.operations.retention}. */
public enum OperationState {
    /** Due now or later: new, waiting or backing off. Moved on by the worker that claims it. */
    QUEUED,
    /** Leased to a worker. Goes back to queued when the lease runs out. */
    RUNNING,
    /** Ended as asked. */
    DONE,
    /** Ended after its roll-back step; {@code error} says why. Can be retried. */
    FAILED,
    /** Ended after its roll-back step because somebody asked for it. Can be retried. */
    CANCELLED;

    public boolean ended() {
        return switch (this) {
            case QUEUED, RUNNING -> false;
            case DONE, FAILED, CANCELLED -> true;
        };
    }

    @JsonValue
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static OperationState of(String wire) {
        return valueOf(wire.toUpperCase(Locale.ROOT));
    }
}
