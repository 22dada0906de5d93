package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.engine.postgres.PgBouncerConfig;
import dev.mooring.process.pgbouncer.PgBouncerConsole;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The files of a cluster's PgBouncer. No password is in any of them: what a client shows the pool, the pool shows the server. */
record PoolerSettings(LocalClusters clusters, ClusterFolder folder, ClusterSpec wish) {

    static final String RULES = "hba.conf";
    static final String USERS = "users.txt";
    /** The database of PgBouncer's own that asks for what passwords have to be. No rule lets a client into it. */
    static final String ASKING = "mooring_auth";

    /** Clients of all pools of a cluster. They cost 2 kB each; what the server has to bear are sizes. */
    private static final int MOST_CLIENTS = 5000;

    private static final int PREPARED_STATEMENTS = 200;
    /** What is a word of PgBouncer's files, and of nothing else in them. */
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,62}");

    /** Where the pools are reached. */
    int port() {
        return wish.endpoints().of(Endpoints.Role.POOL).port();
    }

    String settings() {
        StringBuilder ini = new StringBuilder("; Written by Mooring; changes here are overwritten.\n[databases]\n");
        wish.pools()
                .forEach(pool -> database(
                        ini,
                        word(pool.name()),
                        pool.database(),
                        pool.size(),
                        pool.mode().name().toLowerCase(Locale.ROOT)));
        database(ini, ASKING, "postgres", 1, "transaction");
        String certificate = folder.certificate().file().toString();
        String own = folder.poolerCertificate().file().toString();
        ini.append("[pgbouncer]\n");
        owners().forEach((name, value) -> ini.append(line(name, value)));
        return ini.append(line("listen_addr", clusters.bind()))
                .append(line("listen_port", Integer.toString(port())))
                .append(line("so_reuseport", "1"))
                .append(line("unix_socket_dir", "."))
                .append(line("unix_socket_mode", "0700"))
                .append(line("logfile", "pgbouncer.log"))
                .append(line("log_connections", "0"))
                .append(line("log_disconnections", "0"))
                .append(line("log_stats", "0"))
                // Whoever is refused chooses how often: nobody fills the disk that way.
                .append(line("log_pooler_errors", "0"))
                .append(line("auth_type", "hba"))
                .append(line("auth_hba_file", RULES))
                .append(line("auth_file", USERS))
                .append(line("auth_dbname", ASKING))
                .append(line("auth_query", Lookup.QUERY))
                .append(line("admin_users", PgBouncerConsole.USER))
                .append(line("max_client_conn", Integer.toString(MOST_CLIENTS)))
                .append(line("max_prepared_statements", Integer.toString(PREPARED_STATEMENTS)))
                .append(line("server_login_retry", "1"))
                .append(line("client_tls_sslmode", "require"))
                .append(line("client_tls_cert_file", certificate))
                .append(line("client_tls_key_file", certificate))
                .append(line("server_tls_sslmode", "verify-full"))
                .append(line("server_tls_ca_file", folder.clientsAuthority().toString()))
                .append(line("server_tls_cert_file", own))
                .append(line("server_tls_key_file", own))
                .toString();
    }

    /** What the cluster's owner has a say in. A spec of before they could be set has none. */
    Map<String, String> owners() {
        return wish.poolSettings().isEmpty() ? PgBouncerConfig.defaults() : wish.poolSettings();
    }

    private void database(StringBuilder ini, String name, String database, int size, String mode) {
        ini.append(name)
                .append(" = host=")
                // Not by name: PgBouncer's resolver knows localhost as ::1 alone.
                .append(clusters.reach())
                .append(" port=")
                .append(wish.port())
                .append(" dbname=")
                .append(value(database))
                .append(" auth_user=")
                .append(ServiceRole.POOLER.roleName())
                .append(" pool_size=")
                .append(size)
                // The size is one user's; where several share the pool, they share it.
                .append(" max_db_connections=")
                .append(size)
                .append(" pool_mode=")
                .append(mode)
                .append('\n');
    }

    private static String line(String name, String value) {
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not for a line of pgbouncer.ini: " + name);
        }
        return name + " = " + value + "\n";
    }

    /** Within a connection string of PgBouncer's. */
    static String value(String text) {
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a name with control characters cannot be written into pgbouncer.ini");
        }
        return "'" + text.replace("'", "''") + "'";
    }

    private static String word(String name) {
        if (!WORD.matcher(name).matches()) {
            throw new IllegalArgumentException("not a name that PgBouncer's files can have: " + name);
        }
        return name;
    }

    /** Who may connect from where: the first line that fits decides, and whom none fits is refused. */
    String rules() {
        StringBuilder hba = new StringBuilder("local \"")
                .append(PgBouncerConsole.DATABASE)
                .append("\" ")
                .append(PgBouncerConsole.USER)
                .append(" trust\n");
        hba.append("host all ").append(String.join(",", ServiceRole.allNames())).append(" all reject\n");
        List<String> networks = AccessRules.trusted(wish.networks());
        for (ClusterSpec.Pool pool : wish.pools()) {
            for (String network : networks) {
                hba.append("hostssl \"")
                        .append(word(pool.name()))
                        .append("\" ")
                        .append(pool.user() == null ? "all" : "\"" + word(pool.user()) + "\"")
                        .append(' ')
                        .append(network)
                        .append(" scram-sha-256\n");
            }
        }
        return hba.toString();
    }

    /** The console's own user, who has no password; everybody else's is asked for. */
    static String users() {
        return "\"" + PgBouncerConsole.USER + "\" \"\"\n";
    }
}
