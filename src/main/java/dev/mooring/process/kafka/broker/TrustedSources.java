package dev.mooring.process.kafka.broker;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Who may connect, from a file that Mooring replaces as a whole: networks as IPv4 CIDR, one a line, or {@code *} for everybody.
 * While it cannot be read nobody may.
 */
final class TrustedSources {

    /** The broker's setting that names the file. */
    static final String SETTING = "mooring.sources.file";

    private static final String EVERYBODY = "*";
    private static final int BITS = 32;
    /** An address and no name: nothing is ever looked up. */
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%a-z]*");

    private final FreshFile<Known> file;

    /**
     * @param everybody whether the file says so
     */
    private record Known(boolean everybody, List<Network> networks) {}

    private record Network(int address, int mask) {
        boolean has(int other) {
            return (other & mask) == (address & mask);
        }
    }

    TrustedSources(Map<String, ?> settings) {
        file = new FreshFile<>(
                settings,
                SETTING,
                lines -> new Known(lines.contains(EVERYBODY), networks(lines)),
                new Known(false, List.of()));
    }

    boolean trusts(String address) {
        if (!ADDRESS.matcher(address).matches()) {
            return false;
        }
        try {
            return trusts(InetAddress.getByName(address));
        } catch (UnknownHostException e) {
            return false;
        }
    }

    boolean trusts(InetAddress address) {
        Known now = file.content();
        if (now.everybody()) {
            return true;
        }
        if (!(address instanceof Inet4Address)) {
            return false;
        }
        int bits = ByteBuffer.wrap(address.getAddress()).getInt();
        return now.networks().stream().anyMatch(network -> network.has(bits));
    }

    private static List<Network> networks(List<String> lines) throws UnknownHostException {
        List<Network> networks = new ArrayList<>();
        for (String line : lines) {
            if (!line.isBlank() && !line.equals(EVERYBODY)) {
                String[] parts = line.strip().split("/", 2);
                if (!ADDRESS.matcher(parts[0]).matches()) {
                    throw new UnknownHostException(parts[0]);
                }
                int prefix = parts.length == 1 ? BITS : Integer.parseInt(parts[1]);
                int address = ByteBuffer.wrap(InetAddress.getByName(parts[0]).getAddress())
                        .getInt();
                networks.add(new Network(address, prefix == 0 ? 0 : -1 << (BITS - prefix)));
            }
        }
        return networks;
    }
}
