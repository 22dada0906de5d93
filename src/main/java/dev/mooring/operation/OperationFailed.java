package dev.mooring.operation;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An expected failure. The message is for users: what happened, what state things are in now and what to do. */
public class OperationFailed extends RuntimeException {

    public OperationFailed(@Nullable String message) {
        super(message);
    }

    public OperationFailed(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Whoever has failed without a word has failed all the same. */
    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), getClass().getSimpleName());
    }
}
