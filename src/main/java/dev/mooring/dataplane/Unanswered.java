package dev.mooring.dataplane;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A question that a plane cannot answer just now; the message is for users, and says why. */
public final class Unanswered extends RuntimeException {

    public Unanswered(@Nullable String message, Throwable cause) {
        super(message, cause);
    }

    /** Whoever has nothing to say is named. */
    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), getClass().getSimpleName());
    }
}
