package dev.mooring.command.remote;

/** Ends a command; its message is for the one who typed it. */
public final class Failure extends Exception {
    public Failure(String message) {
        super(message);
    }
}
