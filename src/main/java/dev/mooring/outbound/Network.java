package dev.mooring.outbound;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;

/** A range of addresses, as in {@code 10.0.0.0/8}. */
record Network(byte[] base, int bits) {

    /** Not for the internet: the registries of special-purpose addresses (RFC 6890 and IANA's lists for IPv4 and IPv6). */
    private static final List<Network> SPECIAL = Stream.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.31.196.0/24",
                    "192.52.193.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "192.175.48.0/24",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/3",
                    "2001::/23",
                    "2001:db8::/32",
                    // Its addresses hold ones of IPv4, which may be any of the above.
                    "2002::/16",
                    "2620:4f:8000::/48",
                    "3fff::/20")
            .map(Network::parse)
            .toList();

    /** All of IPv6 that is given out so far. */
    private static final Network GLOBAL = parse("2000::/3");

    /**
     * @throws IllegalArgumentException when it is no network and no address
     */
    static Network parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        if (!HostName.isAddress(address)) {
            throw new IllegalArgumentException(text + " is no network such as 10.0.0.0/8");
        }
        byte[] base = address(address).getAddress();
        int bits = slash < 0 ? base.length * Byte.SIZE : Integer.parseInt(text.substring(slash + 1));
        if (bits < 0 || bits > base.length * Byte.SIZE) {
            throw new IllegalArgumentException(text + " is no network such as 10.0.0.0/8");
        }
        return new Network(base, bits);
    }

    /** Of a literal; nobody is asked for it. */
    static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal + " is no address", e);
        }
    }

    boolean has(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != base.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % Byte.SIZE;
            if ((bytes[bit / Byte.SIZE] & mask) != (base[bit / Byte.SIZE] & mask)) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is an address of the internet, and none of this machine's. */
    static boolean isPublic(InetAddress address) {
        boolean special = SPECIAL.stream().anyMatch(network -> network.has(address))
                || address.getAddress().length > Integer.BYTES && !GLOBAL.has(address);
        return !special && !isOwn(address);
    }

    private static boolean isOwn(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return true;
        }
    }
}
