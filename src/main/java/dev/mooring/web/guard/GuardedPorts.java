package dev.mooring.web.guard;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The ports that are guarded, which are known once they listen; connections to any other are let be. */
final class GuardedPorts {

    private static final Map<Integer, Limits> PORTS = new ConcurrentHashMap<>();
    private static final Map<Peer, Integer> OPEN = new ConcurrentHashMap<>();

    private record Peer(int port, String address) {}

    /**
     * @param request how long a new connection may take until its first request is there, and how long a body may come more
     *     slowly than {@link ConnectionGuard#LEAST_BYTES_PER_SECOND}
     * @param idle how long a connection is kept for another request
     * @param perAddress how many connections one address may have
     * @param trusted addresses that speak for many clients, such as a proxy's: they may have as many as they like
     */
    record Limits(Duration request, Duration idle, int perAddress, Predicate<String> trusted) {}

    private GuardedPorts() {}

    static void guard(int port, Limits limits) {
        PORTS.putIfAbsent(port, limits);
    }

    /** Null while it is not guarded. */
    static Limits limits(int port) {
        return PORTS.get(port);
    }

    /** Whether the address may have one more; {@link #leave} gives it back. */
    static boolean enter(int port, String address) {
        Limits limits = PORTS.get(port);
        int open = OPEN.merge(new Peer(port, address), 1, Integer::sum);
        if (limits != null && open > limits.perAddress() && !limits.trusted().test(address)) {
            leave(port, address);
            return false;
        }
        return true;
    }

    static void leave(int port, String address) {
        OPEN.computeIfPresent(new Peer(port, address), (peer, open) -> open == 1 ? null : open - 1);
    }
}
