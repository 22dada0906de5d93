package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Who may connect from where, as pg_hba.conf: the first line that fits decides. */
public final class AccessRules {

    private static final List<String> EVERYWHERE = List.of("0.0.0.0/0", "::/0");

    private AccessRules() {}

    /** Mooring's own roles, from this machine only. Nobody logs in as the subscriber. */
    private static final String HEAD = "# Written by Mooring; changes here are overwritten.\n" + "host all "
            + SuperuserConnection.USER + " samehost scram-sha-256\n" + "host all "
            + names(ServiceRole.READER, ServiceRole.LOADER) + " samehost scram-sha-256\n"
            + "host replication " + SuperuserConnection.USER + "," + names(ServiceRole.ARCHIVE)
            + " samehost scram-sha-256\n";

    /** The pools' own role, which has no password that anybody knows: by the certificate that only its process can show. */
    private static final String POOLER = "hostssl all " + names(ServiceRole.POOLER) + " samehost cert\n";

    /** Users through the pools, whose own rules say from where: whoever else comes from this machine has no such certificate. */
    private static final String THROUGH_POOLS = "hostssl all all samehost scram-sha-256 clientcert=verify-ca\n";

    private static final String OWN = String.join(",", ServiceRole.allNames());
    private static final String REJECTED = "host all " + OWN + " all reject\nhost replication " + OWN + " all reject\n";

    private static String names(ServiceRole... roles) {
        return Stream.of(roles).map(ServiceRole::roleName).collect(Collectors.joining(","));
    }

    /** What PostgreSQL reads as one address with its prefix, and as nothing else: no names, no short forms, no octal numbers. */
    private static final Pattern NETWORK = Pattern.compile(
            "(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!/)|(?=/))){4}/(?:3[0-2]|[12]?\\d)|::/0");

    private static final Pattern LET_IN = Pattern.compile("^hostssl all all (\\S+) scram-sha-256$", Pattern.MULTILINE);

    /** Nobody but Mooring, and its tools through a socket where there is one. */
    public static String superuserOnly() {
        return HEAD + "local all " + SuperuserConnection.USER + " scram-sha-256\n";
    }

    /**
     * @param sources IPv4 networks; null for all
     * @throws IllegalArgumentException for what is no network
     */
    public static String render(@Nullable List<String> sources) {
        return render(sources, false);
    }

    /** The same for what the cluster should be. */
    public static String render(ClusterSpec wish) {
        return render(wish.networks(), !wish.pools().isEmpty());
    }

    /** @param pools whether the server has connection pools before it */
    public static String render(@Nullable List<String> sources, boolean pools) {
        StringBuilder hba = new StringBuilder(HEAD).append(pools ? POOLER : "").append(REJECTED);
        for (String source : trusted(sources)) {
            hba.append("hostssl all all ").append(source).append(" scram-sha-256\n");
            hba.append("hostssl replication all ").append(source).append(" scram-sha-256\n");
        }
        return hba.append(pools ? THROUGH_POOLS : "").toString();
    }

    /**
     * The networks, each in the form that servers read.
     *
     * @param sources null for all
     * @throws IllegalArgumentException for what is no network
     */
    public static List<String> trusted(@Nullable List<String> sources) {
        List<String> networks = sources == null ? EVERYWHERE : sources;
        networks.forEach(AccessRules::checkNetwork);
        return networks;
    }

    /** The networks that rules let in, as {@link #render} wrote them. */
    public static List<String> networks(String rules) {
        return LET_IN.matcher(rules).results().map(line -> line.group(1)).toList();
    }

    private static void checkNetwork(String source) {
        if (!NETWORK.matcher(source).matches()) {
            throw new IllegalArgumentException("not an IPv4 network such as 192.0.2.0/24: " + source);
        }
    }

    /** The rules as an older Mooring has written them, with what is said here of Mooring's own roles. */
    static String renewed(String rules) {
        String ofOthers = rules.lines()
                .filter(line -> line.startsWith("hostssl ") && !POOLER.equals(line + "\n"))
                .map(line -> line + "\n")
                .collect(Collectors.joining());
        String pooler = rules.contains("\n" + POOLER) ? POOLER : "";
        return ofOthers.isEmpty() ? superuserOnly() : HEAD + pooler + REJECTED + ofOthers;
    }
}
