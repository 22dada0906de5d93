package dev.mooring.dataplane;

import org.jspecify.annotations.Nullable;

/** A question that a plane cannot answer just now; the message is for users, and says why. */
public final class Unanswered extends RuntimeException {

    public Unanswered(@Nullable String message, Throwable cause) {
        super(message, cause);
    }
}
