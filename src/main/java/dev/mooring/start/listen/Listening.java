package dev.mooring.start.listen;

import dev.mooring.start.preflight.EarlySettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Where the API listens, and how. Tokens and passwords go over it, so in plain http it serves this machine alone, unless
 * somebody says that TLS ends in front of it.
 *
 * @param address of {@code MOORING_BIND}; loopback when that is not set
 * @param http whether plain http is served
 * @param https whether https is served
 */
public record Listening(InetAddress address, boolean http, boolean https) {

    private static final String BIND = "mooring.bind";
    /** The application server's own setting of the same meaning: it must not be a way around this. */
    private static final String SERVER_BIND = "quarkus.http.host";

    /**
     * @throws IllegalArgumentException with what to do, when a setting is wrong or would send secrets over the network in
     *     the clear
     */
    public static Listening configured() {
        String bind = EarlySettings.get(BIND) != null ? EarlySettings.get(BIND) : EarlySettings.get(SERVER_BIND);
        return of(bind, EarlySettings.flag("mooring.https", true), EarlySettings.flag("mooring.tls.terminated", false));
    }

    /**
     * @param bind an address, or a name that has one; null for loopback
     * @param https what {@code MOORING_HTTPS} says
     * @param terminated what {@code MOORING_TLS_TERMINATED} says
     */
    public static Listening of(@Nullable String bind, boolean https, boolean terminated) {
        InetAddress address = address(bind == null ? "127.0.0.1" : bind);
        boolean http = address.isLoopbackAddress() || terminated;
        if (!http && !https) {
            throw new IllegalArgumentException(
                    "MOORING_BIND=" + bind + " with MOORING_HTTPS=false would send tokens and"
                            + " passwords over the network in plain http. Leave MOORING_HTTPS out, and https is served; or set"
                            + " MOORING_TLS_TERMINATED=true if TLS ends in front of Mooring.");
        }
        return new Listening(address, http, https);
    }

    private static InetAddress address(String bind) {
        try {
            return InetAddress.getByName(bind);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "MOORING_BIND must be an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::, not " + bind);
        }
    }

    /** Hands it on to the application server, over whatever that was told itself. */
    public void apply() {
        System.setProperty(SERVER_BIND, address.getHostAddress());
        System.setProperty("quarkus.http.insecure-requests", http ? "enabled" : "disabled");
    }
}
