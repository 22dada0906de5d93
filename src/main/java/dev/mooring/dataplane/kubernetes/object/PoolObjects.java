package dev.mooring.dataplane.kubernetes.object;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.engine.postgres.PgBouncerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A connection pool of a cluster: PgBouncer, as CloudNativePG runs it. */
public final class PoolObjects {

    /** One, so that its size is what the servers have to bear. */
    public static final int INSTANCES = 1;

    /** Clients of a pool. They cost some tens of kB each, most of it for TLS. */
    private static final int MOST_CLIENTS = 5000;

    private static final int PREPARED_STATEMENTS = 200;

    /** What is a word of PgBouncer's access rules, and of nothing else in them. */
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,62}");

    /**
     * On a pool's pod: whom it lets in, and where to. PgBouncer asks only when clients come, so that a pod with another value is to go
     * before a change is in force, with the clients that it has.
     */
    public static final String ACCESS = "mooring.dev/access";

    private static final List<String> EVERYWHERE = List.of("0.0.0.0/0", "::/0");

    private static final String REVISION = "mooring_revision_";

    private PoolObjects() {}

    /**
     * A database that nobody has: only a pool that has read the rules of that revision lets Mooring through to the server to hear so.
     */
    public static String revision(long revision) {
        return REVISION + revision;
    }

    /** Whether a database of that name can be told from everything else in PgBouncer's rules, and is not PgBouncer's own console. */
    public static boolean fits(String database) {
        return WORD.matcher(database).matches() && !database.equals("pgbouncer");
    }

    public static KubeObject of(ClusterSpec spec, ClusterSpec.Pool pool) {
        return new KubeObject(
                Kind.POOLER,
                Names.pooler(spec.id(), pool.name()),
                Names.labels(spec.id()),
                Map.of(
                        "spec",
                        Map.of(
                                "cluster",
                                Map.of("name", Names.cluster(spec.id())),
                                "type",
                                "rw",
                                "instances",
                                INSTANCES,
                                "template",
                                template(spec, pool),
                                "pgbouncer",
                                Map.of(
                                        "poolMode",
                                        pool.mode().name().toLowerCase(Locale.ROOT),
                                        "paused",
                                        false,
                                        "parameters",
                                        parameters(spec, pool),
                                        "pg_hba",
                                        hba(spec, pool)))));
    }

    private static Map<String, Object> template(ClusterSpec spec, ClusterSpec.Pool pool) {
        return Map.of(
                "metadata",
                Map.of(
                        "labels",
                        Names.labels(spec.id()),
                        "annotations",
                        Map.of(ACCESS, Names.hash(String.join("\n", access(spec, pool))))),
                "spec",
                Map.of(
                        "containers",
                        List.of(Map.of(
                                "name",
                                "pgbouncer",
                                "resources",
                                Map.of(
                                        "requests", Map.of("cpu", "100m", "memory", "64Mi"),
                                        "limits", Map.of("cpu", "1", "memory", "512Mi"))))));
    }

    private static Map<String, String> parameters(ClusterSpec spec, ClusterSpec.Pool pool) {
        Map<String, String> parameters =
                new TreeMap<>(spec.poolSettings().isEmpty() ? PgBouncerConfig.defaults() : spec.poolSettings());
        String size = Integer.toString(pool.size());
        parameters.put("default_pool_size", size);
        // The size is one user's; where several share the pool, they share it.
        parameters.put("max_db_connections", size);
        parameters.put("max_client_conn", Integer.toString(MOST_CLIENTS));
        parameters.put("max_prepared_statements", Integer.toString(PREPARED_STATEMENTS));
        parameters.put("server_login_retry", "1");
        parameters.put("client_tls_sslmode", "require");
        parameters.put("log_connections", "0");
        parameters.put("log_disconnections", "0");
        // Whoever is refused chooses how often.
        parameters.put("log_pooler_errors", "0");
        return parameters;
    }

    /**
     * The first line that fits decides. The operator's own last line, which lets in everybody who has a password, is never reached.
     *
     * @throws IllegalArgumentException for a name that could be read as something else
     */
    static List<String> hba(ClusterSpec spec, ClusterSpec.Pool pool) {
        List<String> lines = new ArrayList<>();
        for (String anywhere : EVERYWHERE) {
            lines.add("hostssl \"" + revision(spec.revision()) + "\" \"" + Names.CONTROL + "\" " + anywhere
                    + " scram-sha-256");
        }
        rejectAll(lines, Names.CONTROL + "," + Names.OWNER);
        lines.addAll(access(spec, pool));
        rejectAll(lines, "all");
        return lines;
    }

    private static List<String> access(ClusterSpec spec, ClusterSpec.Pool pool) {
        if (!fits(pool.database())) {
            throw new IllegalArgumentException("not the name of a database that can have a pool: " + pool.database());
        }
        List<String> lines = new ArrayList<>();
        String who = pool.user() == null ? "all" : "\"" + word(pool.user()) + "\"";
        // PgBouncer knows no pods: apps come from networks, of which the policy in front of it lets in their own pods
        // alone.
        List<String> trusted = AccessObjects.networks(spec);
        List<String> networks = trusted == null ? EVERYWHERE : AccessObjects.checked(trusted);
        for (String network : networks) {
            lines.add("hostssl \"" + pool.database() + "\" " + who + " " + network + " scram-sha-256");
        }
        return lines;
    }

    private static void rejectAll(List<String> lines, String who) {
        EVERYWHERE.forEach(anywhere -> lines.add("host all " + who + " " + anywhere + " reject"));
    }

    private static String word(String name) {
        if (!WORD.matcher(name).matches()) {
            throw new IllegalArgumentException("not a name that PgBouncer's rules can have: " + name);
        }
        return name;
    }
}
