package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.postgres.ConfigFile;
import dev.mooring.engine.postgres.PlanParameters;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The server parameters of a cluster: what Mooring needs, what the plan gives, and the owner's own on top. */
public final class ServerParameters {

    /** Changes with every wish: a session that sees the value has the whole configuration of that revision. */
    public static final String REVISION = "mooring.revision";

    private static final Pattern WRITTEN =
            Pattern.compile("^" + Pattern.quote(REVISION) + "\\s*=\\s*'?(\\d+)'?", Pattern.MULTILINE);

    private ServerParameters() {}

    /** The content of postgresql.conf. */
    public static String render(ClusterSpec wish, String bind, ClusterFolder folder) {
        return "# Written by Mooring; changes here are overwritten.\n" + lines(all(wish, bind, folder));
    }

    /** Lines of postgresql.conf. */
    public static String lines(Map<String, String> parameters) {
        return ConfigFile.lines(parameters);
    }

    /** Whether two files differ in the revision at most, so that nothing has to be reloaded. */
    public static boolean sameButRevision(String one, String other) {
        return withoutRevision(one).equals(withoutRevision(other));
    }

    /** The revision that a postgresql.conf is of; empty when it was not written here. */
    public static OptionalLong revision(String conf) {
        return WRITTEN.matcher(conf)
                .results()
                .mapToLong(line -> Long.parseLong(line.group(1)))
                .reduce((one, later) -> later);
    }

    private static String withoutRevision(String conf) {
        return conf.lines().filter(line -> !line.startsWith(REVISION)).collect(Collectors.joining("\n"));
    }

    private static Map<String, String> all(ClusterSpec wish, String bind, ClusterFolder folder) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("listen_addresses", bind);
        parameters.put("port", Integer.toString(wish.port()));
        parameters.put("unix_socket_directories", "");
        parameters.put("cluster_name", wish.id().toString());
        parameters.put("ssl", "on");
        parameters.putAll(certificate(folder));
        if (!wish.pools().isEmpty()) {
            parameters.putAll(poolers(folder));
        }
        parameters.put("ssl_min_protocol_version", "TLSv1.2");
        parameters.put("password_encryption", "scram-sha-256");
        parameters.put("logging_collector", "on");
        parameters.put("log_directory", folder.log().toString());
        parameters.put("log_filename", "postgresql-%a.log");
        parameters.put("log_rotation_age", "1d");
        parameters.put("log_truncate_on_rotation", "on");
        parameters.put("log_line_prefix", "%m [%p] %q[user=%u,db=%d,app=%a] ");
        parameters.put("log_timezone", "UTC");
        parameters.put("TimeZone", "UTC");
        parameters.put("shared_preload_libraries", "pg_stat_statements");
        // It keeps commands as they were written, and some have a password in them.
        parameters.put("pg_stat_statements.track_utility", "off");
        parameters.put("wal_level", "logical");
        parameters.put("max_wal_senders", "20");
        parameters.put("max_replication_slots", "20");
        parameters.put("wal_log_hints", "on");
        parameters.putAll(PlanParameters.of(wish.size()));
        parameters.putAll(wish.parameters());
        parameters.put(REVISION, Long.toString(wish.revision()));
        return parameters;
    }

    /** Where the server finds its certificate and key: a reload puts another one in force. */
    public static Map<String, String> certificate(ClusterFolder folder) {
        String file = folder.certificate().file().toString();
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("ssl_cert_file", file);
        parameters.put("ssl_key_file", file);
        return parameters;
    }

    /** By whose certificates the server knows its connection pools. */
    public static Map<String, String> poolers(ClusterFolder folder) {
        return Map.of("ssl_ca_file", folder.clientsAuthority().toString());
    }
}
