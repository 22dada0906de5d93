package dev.mooring.dataplane.local.standby;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is seen of a server that should follow.
 *
 * @param slot its folder's number
 * @param why something is not as it should be, or how far it is
 * @param lagBytes of WAL that the primary has written and it has not replayed
 * @param lagSeconds for which it has been behind
 * @param failures in a row to bring it into being
 */
public record Follower(
        int slot,
        State state,
        @Nullable String why,
        @Nullable Long lagBytes,
        @Nullable Double lagSeconds,
        int failures) {

    /** What it does. */
    public enum State {
        /** There is nothing of it yet. */
        ABSENT,
        /** The primary's files are being copied. */
        COPYING,
        /** Its server runs and does not get the primary's WAL yet. */
        STARTING,
        /** It gets the primary's WAL as it is written, and could take its place. */
        FOLLOWING,
        /** Its server does not run. */
        DOWN
    }

    /** @return which it is, and why it is not as it should be or what it does */
    public String words() {
        return "standby node " + slot + ": " + (why == null ? state.name().toLowerCase(Locale.ROOT) : why);
    }

    static Follower of(int slot, State state, @Nullable String why) {
        return new Follower(slot, state, why, null, null, 0);
    }
}
