package dev.mooring.operation;

import org.jspecify.annotations.Nullable;

/** An expected failure. The message is for users: what happened, what state things are in now and what to do. */
public class OperationFailed extends RuntimeException {

    public OperationFailed(@Nullable String message) {
        super(message);
    }

    public OperationFailed(@Nullable String message, Throwable cause) {
        super(message, cause);
    }
}
