package dev.mooring.web.guard;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The ports that are guarded, which are known once they listen; connections to any other are let be. */
final class GuardedPorts {

    private static final Map<Integer, Limits> PORTS = new ConcurrentHashMap<>();
    private static final Map<Address, Peer> PEERS = new ConcurrentHashMap<>();

    private record Address(int port, String host) {}

    /**
     * @param request how long a new connection may take until its first request is there, and how long a body may come more
     *     slowly than {@link ConnectionGuard#LEAST_BYTES_PER_SECOND}
     * @param idle how long a connection is kept for another request
     * @param perAddress how many connections one address may have; one that waits for another request gives way to a new one
     * @param trusted addresses that speak for many clients, such as a proxy's: they may have as many as they like
     */
    record Limits(Duration request, Duration idle, int perAddress, Predicate<String> trusted) {}

    private GuardedPorts() {}

    static void guard(int port, Limits limits) {
        PORTS.putIfAbsent(port, limits);
    }

    /** Null while it is not guarded. */
    static @Nullable Limits limits(int port) {
        return PORTS.get(port);
    }

    /** Null where the address may not have one more; {@link #leave} gives it back. */
    static @Nullable Peer enter(int port, String host) {
        Limits limits = PORTS.get(port);
        int limit = limits == null || limits.trusted().test(host) ? Integer.MAX_VALUE : limits.perAddress();
        AtomicBoolean entered = new AtomicBoolean();
        Peer peer = PEERS.compute(new Address(port, host), (address, known) -> {
            Peer its = known == null ? new Peer() : known;
            entered.set(its.enter(limit));
            return its;
        });
        return entered.get() ? peer : null;
    }

    static void leave(int port, String host, ConnectionGuard connection) {
        PEERS.computeIfPresent(new Address(port, host), (address, peer) -> peer.leave(connection) ? null : peer);
    }
}
