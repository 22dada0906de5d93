package dev.mooring.database.cluster.change;

import dev.mooring.web.Problems;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a trusted source may be, and which networks it stands for. */
public final class TrustedSource {

    public static final int MOST_RULES = 100;

    /**
     * A network that nobody can connect from. It stands in the list of a cluster whose last source went by itself: an empty
     * list would let everybody in, and every client shows this one.
     */
    public static final String NOBODY = "255.255.255.255/32";

    private static final Set<String> TYPES = Set.of("droplet", "k8s", "ip_addr", "tag", "app");
    private static final Pattern IPV4 =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})(?:/(\\d{1,2}))?");

    private TrustedSource() {}

    public static void check(Problems problems, String path, @Nullable String type, @Nullable String value) {
        if (type == null || !TYPES.contains(type)) {
            problems.check(false, path + ".type", "must be one of " + String.join(", ", TYPES));
        } else if (value == null || value.isBlank()) {
            problems.check(false, path + ".value", "is required");
        } else if (type.equals("ip_addr")) {
            problems.check(
                    isIpv4(value),
                    path + ".value",
                    value + " is not an IPv4 address or an IPv4 network such as 192.0.2.0/24");
        } else {
            problems.check(value.length() <= 255, path + ".value", "must have at most 255 characters");
        }
    }

    /**
     * Droplets, Kubernetes clusters and tags are somebody else's machines: nothing here is known of their addresses.
     *
     * @param apps where apps connect from
     */
    static Stream<String> networks(String type, String value, List<String> apps) {
        return switch (type) {
            case "ip_addr" -> Stream.of(network(value));
            case "app" -> apps.stream();
            default -> Stream.empty();
        };
    }

    /** Whom a source of the type app names; empty for what is no app's id. */
    static Optional<UUID> app(String value) {
        try {
            return Optional.of(UUID.fromString(value.strip()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isIpv4(String value) {
        Matcher matcher = IPV4.matcher(value);
        if (!matcher.matches()) {
            return false;
        }
        for (int i = 1; i <= 4; i++) {
            if (Integer.parseInt(matcher.group(i)) > 255) {
                return false;
            }
        }
        return matcher.group(5) == null || Integer.parseInt(matcher.group(5)) <= 32;
    }

    /** With the bits behind the prefix cleared: PostgreSQL's cidr type insists on that. */
    static String network(String value) {
        Matcher matcher = IPV4.matcher(value.strip());
        if (!isIpv4(value.strip()) || !matcher.matches()) {
            throw new IllegalArgumentException(value + " is not an IPv4 address or network");
        }
        long address = 0;
        for (int i = 1; i <= 4; i++) {
            address = address << 8 | Integer.parseInt(matcher.group(i));
        }
        int prefix = matcher.group(5) == null ? 32 : Integer.parseInt(matcher.group(5));
        long mask = prefix == 0 ? 0 : 0xFFFFFFFFL << (32 - prefix) & 0xFFFFFFFFL;
        address &= mask;
        return (address >> 24) + "." + (address >> 16 & 255) + "." + (address >> 8 & 255) + "." + (address & 255) + "/"
                + prefix;
    }
}
