package dev.mooring.outbound;

import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Where Mooring connects to because a user says so: repositories of code and servers that databases come from. Without a
 * setting that is https to addresses of the internet: what lies inside of this machine or its networks trusts whoever comes
 * from there, and users do not.
 */
@ApplicationScoped
public class OutboundPolicy {

    public static final String SETTING = "MOORING_OUTBOUND_ALLOW";

    private static final Set<String> SCHEMES = Set.of("http", "https", "git", "ssh", "file");
    private static final String ALWAYS = "https";

    private final Set<String> schemes = new HashSet<>(Set.of(ALWAYS));
    private final Set<String> hosts = new HashSet<>();
    private final List<Network> networks = new ArrayList<>();

    public OutboundPolicy(@ConfigProperty(name = "mooring.outbound.allow") Optional<List<String>> allowed) {
        for (String entry : allowed.orElse(List.of())) {
            String text = entry.strip().toLowerCase(Locale.ROOT);
            if (SCHEMES.contains(text)) {
                schemes.add(text);
            } else if (text.contains("/") || HostName.isAddress(text)) {
                networks.add(network(text));
            } else if (HostName.isWellFormed(text)) {
                hosts.add(HostName.normal(text));
            } else {
                throw new IllegalArgumentException(SETTING + " holds schemes (http, git, ssh, file), networks and host"
                        + " names, joined by commas; " + entry + " is none of these");
            }
        }
    }

    private static Network network(String text) {
        try {
            return Network.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(SETTING + ": " + e.getMessage(), e);
        }
    }

    /** Why something is not to be reached; names the setting. */
    public static final class Refused extends Exception {
        Refused(String rule) {
            super(rule + "; " + SETTING + " says what may be reached besides https and public addresses");
        }
    }

    /**
     * What can be said of it without asking anybody for the addresses of a name.
     *
     * @throws Refused
     */
    public void check(Target target) throws Refused {
        if (!schemes.contains(target.scheme())) {
            throw new Refused("must not be of the scheme " + target.scheme());
        }
        if (target.host() != null) {
            checkHost(target.host());
        }
    }

    /**
     * The same for a host alone.
     *
     * @throws Refused
     */
    public void checkHost(String host) throws Refused {
        String normal = HostName.normal(host);
        if (!HostName.isWellFormed(normal)) {
            throw new Refused("must name its host by a name or by an address in its usual form");
        }
        if (HostName.isAddress(normal)) {
            checkAddress(normal, Network.address(normal));
        } else if (HostName.isInside(normal) && !hosts.contains(normal) && networks.isEmpty()) {
            throw new Refused("must not lead to " + normal + ", a name inside of a network");
        }
    }

    /**
     * The addresses that a host has now, all of which may be reached. Blocks. Who connects has to take these: the next answer
     * may be another.
     *
     * @throws Refused also when there are none
     */
    public List<InetAddress> resolve(String host) throws Refused {
        checkHost(host);
        String normal = HostName.normal(host);
        try {
            List<InetAddress> addresses = List.of(InetAddress.getAllByName(normal));
            for (InetAddress address : addresses) {
                checkAddress(normal, address);
            }
            return addresses;
        } catch (UnknownHostException e) {
            throw new Refused("has a host that is not known: " + normal);
        }
    }

    private void checkAddress(String host, InetAddress address) throws Refused {
        if (!hosts.contains(host)
                && !Network.isPublic(address)
                && networks.stream().noneMatch(network -> network.has(address))) {
            String shown = address.getHostAddress();
            throw new Refused("must not lead to " + host + (host.equals(shown) ? "" : " (" + shown + ")")
                    + ", which is inside of this machine or its networks");
        }
    }
}
