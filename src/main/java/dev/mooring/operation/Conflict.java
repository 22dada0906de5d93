package dev.mooring.operation;

/** Another change of the same subject is not finished yet. */
public class Conflict extends RuntimeException {

    public Conflict(Throwable cause) {
        super("another operation on the same subject is not finished", cause);
    }
}
