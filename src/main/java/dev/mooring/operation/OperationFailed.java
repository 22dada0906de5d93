package dev.mooring.operation;

/** An expected failure. The message is for users: what happened, what state things are in now and what to do. */
public class OperationFailed extends RuntimeException {

    public OperationFailed(String message) {
        super(message);
    }

    public OperationFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
