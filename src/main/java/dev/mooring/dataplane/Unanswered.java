package dev.mooring.dataplane;

/** A question that a plane cannot answer just now; the message is for users, and says why. */
public final class Unanswered extends RuntimeException {

    public Unanswered(String message, Throwable cause) {
        super(message, cause);
    }
}
