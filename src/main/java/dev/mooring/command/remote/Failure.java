package dev.mooring.command.remote;

import org.jspecify.annotations.Nullable;

/** Ends a command; its message is for the one who typed it. */
public final class Failure extends Exception {
    public Failure(@Nullable String message) {
        super(message);
    }
}
