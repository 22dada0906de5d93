package dev.mooring.web.guard;

import java.util.LinkedHashSet;
import java.util.Set;

/** The connections of one address to one port. Event loops share it. */
final class Peer {

    /** Between two requests, the one that waits longest first. */
    private final Set<ConnectionGuard> waiting = new LinkedHashSet<>();

    private int open;

    /** Whether there may be one more of at most so many. One that waits for another request gives way to it. */
    synchronized boolean enter(int limit) {
        if (open >= limit) {
            if (waiting.isEmpty()) {
                return false;
            }
            ConnectionGuard longest = waiting.iterator().next();
            waiting.remove(longest);
            longest.giveWay();
        }
        open++;
        return true;
    }

    /** Whether it was the last. */
    synchronized boolean leave(ConnectionGuard connection) {
        waiting.remove(connection);
        open--;
        return open == 0;
    }

    synchronized void waits(ConnectionGuard connection) {
        waiting.add(connection);
    }

    synchronized void isAsked(ConnectionGuard connection) {
        waiting.remove(connection);
    }
}
