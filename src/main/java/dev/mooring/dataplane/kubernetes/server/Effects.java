package dev.mooring.dataplane.kubernetes.server;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.object.AccessObjects;
import dev.mooring.dataplane.kubernetes.object.ClusterObject;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.PoolObjects;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.postgres.ServerParameter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What can be seen of a spec on the servers themselves: what the operator says of it is not enough. */
public record Effects(Instances instances, Sessions sessions) {

    private static final String NO_SUCH_DATABASE = "3D000";

    /** Of clients, as far as trusted sources are for them. */
    private static final String STRANGERS =
            "select pg_terminate_backend(pid) from pg_stat_activity where client_addr is not null"
                    + " and usename <> '" + Names.CONTROL + "' and usename <> 'streaming_replica' and not exists"
                    + " (select from unnest(?::text[]) source where client_addr <<= source::inet)";

    /**
     * Whether every server has the spec's configuration and access rules, and none waits for a restart for them; clients that may not
     * come any more are sent away.
     *
     * @return empty when it is so
     */
    public Optional<Waiting> missing(ClusterSpec spec) throws SQLException {
        List<Instances.Instance> all = instances.all();
        if (all.size() != spec.nodes()) {
            return Optional.of(Waiting.on(all.size() + " of " + spec.nodes() + " servers are there"));
        }
        if (all.stream().noneMatch(Instances.Instance::primary)) {
            return Optional.of(Waiting.on(
                    "none of the " + all.size() + " servers is the primary just now: one is taking its place"));
        }
        for (Instances.Instance instance : all) {
            if (instance.address().isEmpty() || !instance.ready()) {
                return Optional.of(Waiting.on("the server " + instance.name() + " is starting"));
            }
            try (Connection connection = sessions.open(instance, "postgres")) {
                String revision = Sessions.list(
                                connection, "select current_setting('" + ClusterObject.REVISION + "', true)")
                        .getFirst();
                if (revision == null || Long.parseLong(revision) < spec.revision()) {
                    return Optional.of(Waiting.on("the server " + instance.name() + " has not read its settings yet"));
                }
                String followed = spec.parameters().get(ClusterObject.FOLLOWED);
                if (followed != null
                        && Sessions.list(
                                        connection,
                                        "select 1 where current_setting('" + ClusterObject.FOLLOWED + "', true) = ?",
                                        followed)
                                .isEmpty()) {
                    return Optional.of(Waiting.on("the server " + instance.name()
                            + " has not read the settings of the cluster that it follows yet"));
                }
                List<String> pending =
                        Sessions.list(connection, "select name from pg_settings where pending_restart order by 1");
                if (!pending.isEmpty()) {
                    return Optional.of(Waiting.on(
                            "the server " + instance.name() + " is to be restarted for " + String.join(", ", pending)));
                }
                List<String> networks = AccessObjects.networks(spec);
                if (networks != null) {
                    Sessions.list(
                            connection, STRANGERS, connection.createArrayOf("text", mayCome(networks, spec.apps())));
                }
            }
        }
        return Optional.empty();
    }

    /** Networks, and the addresses of pools and of apps: whom pools serve is for their own rules. */
    private Object[] mayCome(List<String> networks, ClusterSpec.@Nullable TrustedApps apps) {
        return Stream.of(
                        networks.stream(),
                        instances.poolers(null).stream().map(Instances.Instance::address),
                        apps == null
                                ? Stream.<String>empty()
                                : apps.ids().stream().flatMap(app -> instances.ofApp(app).stream()))
                .flatMap(sources -> sources)
                .filter(source -> !source.isEmpty())
                .toArray();
    }

    /**
     * Whether a pool has the rules and settings of a revision and reaches the server: it lets Mooring through to a database that nobody
     * has, in front of which no other revision's rules let anybody come.
     *
     * @return empty when it is so
     */
    public Optional<Waiting> missing(Instances.Instance pooler, long revision) {
        String nowhere = PoolObjects.revision(revision);
        try (Connection somebodyMadeIt = sessions.open(pooler, nowhere)) {
            return Optional.empty();
        } catch (SQLException e) {
            return NO_SUCH_DATABASE.equals(e.getSQLState())
                            || String.valueOf(e.getMessage()).contains('"' + nowhere + "\" does not exist")
                    ? Optional.empty()
                    : Optional.of(Waiting.on("the connection pool at " + pooler.name()
                            + " has not read its settings yet, or does not reach the primary: " + e.getMessage()));
        }
    }

    /** The servers that follow the primary, and how many bytes of its WAL each has to replay. */
    public Map<String, Long> followers() throws SQLException {
        Map<String, Long> followers = new HashMap<>();
        try (Connection connection = sessions.open(primary(), "postgres");
                PreparedStatement statement = connection.prepareStatement(
                        "select application_name, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint"
                                + " from pg_stat_replication where state = 'streaming' and replay_lsn is not null");
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                followers.merge(rows.getString(1), rows.getLong(2), Math::min);
            }
        }
        return followers;
    }

    public boolean takesWrites(Instances.Instance instance) throws SQLException {
        try (Connection connection = sessions.open(instance, "postgres")) {
            return Sessions.list(connection, "select 1 where not pg_is_in_recovery()")
                            .size()
                    == 1;
        }
    }

    /** Up to which position of its source's WAL the first server has replayed everything; 0 where it replays nothing. */
    public long replayed() throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            return Long.parseLong(
                    Sessions.list(connection, "select coalesce(pg_last_wal_replay_lsn() - '0/0'::pg_lsn, 0)::bigint")
                            .getFirst());
        }
    }

    /** Whether there is a primary that takes writes. */
    public boolean takesWrites() throws SQLException {
        return takesWrites(primary());
    }

    /** Of the primary, such as 17.11. */
    public String version() throws SQLException {
        return version(primary());
    }

    /** Such as 17.11. */
    public String version(Instances.Instance instance) throws SQLException {
        try (Connection connection = sessions.open(instance, "postgres")) {
            return Sessions.list(connection, "select current_setting('server_version')")
                    .getFirst()
                    .split(" ")[0];
        }
    }

    public Map<String, ServerParameter> parameters() throws SQLException {
        Map<String, ServerParameter> parameters = new HashMap<>();
        try (Connection connection = sessions.open(primary(), "postgres");
                PreparedStatement statement = connection.prepareStatement(
                        "select name, setting, unit, context = 'postmaster' from pg_settings");
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                parameters.put(
                        rows.getString(1),
                        new ServerParameter(rows.getString(2), rows.getString(3), rows.getBoolean(4)));
            }
        }
        return parameters;
    }

    /** What the databases hold together, in bytes. */
    public long heldBytes() throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            return Long.parseLong(
                    Sessions.list(connection, "select coalesce(sum(pg_database_size(oid)), 0)::bigint from pg_database")
                            .getFirst());
        }
    }

    /**
     * Writes something that changes nothing, so that the WAL up to here is archived though nobody writes any more, and there is a commit
     * after every moment up to here.
     *
     * @return position in the WAL up to which there is something now
     */
    public long mark() throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            Sessions.list(connection, "select pg_logical_emit_message(true, 'mooring', 'archived')");
            return Long.parseLong(Sessions.list(connection, "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint")
                    .getFirst());
        }
    }

    /** Whether all WAL up to a position has been archived; the segment in which it is included. */
    public boolean archived(long position) throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            return !Sessions.list(
                            connection,
                            "select 1 from pg_stat_archiver where last_archived_wal ~ '^[0-9A-F]{24}'"
                                    + " and substr(last_archived_wal, 1, 24) collate \"C\" >="
                                    + " pg_walfile_name('0/0'::pg_lsn + ?::numeric) collate \"C\"",
                            position)
                    .isEmpty();
        }
    }

    /** Those that clients can have. */
    public List<String> databases() throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            return Sessions.list(
                    connection,
                    "select datname from pg_database where datallowconn and not datistemplate and datname <> 'postgres'"
                            + " order by oid");
        }
    }

    /** Roles that can log in beside those that are expected, PostgreSQL's and the operator's own. */
    public List<String> strangers(List<String> expected) throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            return Sessions.list(
                    connection,
                    "select rolname from pg_roles where rolcanlogin and rolname not in ('postgres', 'streaming_replica', '"
                            + Names.CONTROL + "') and rolname !~ '^(pg|cnpg)_' and rolname <> all (?) order by 1",
                    connection.createArrayOf("text", expected.toArray()));
        }
    }

    /** Takes over what a user owns, in every database, and ends its sessions; it is not there afterwards to own more. */
    public void dispossess(String user) throws SQLException {
        Instances.Instance primary = primary();
        List<String> databases;
        try (Connection connection = sessions.open(primary, "postgres")) {
            if (Sessions.list(connection, "select 1 from pg_roles where rolname = ?", user)
                    .isEmpty()) {
                return;
            }
            Sessions.list(connection, "select pg_terminate_backend(pid) from pg_stat_activity where usename = ?", user);
            databases = Sessions.list(
                    connection, "select datname from pg_database where datallowconn and not datistemplate");
        }
        for (String database : databases) {
            try (Connection connection = sessions.open(primary, database)) {
                Sessions.run(
                        connection,
                        "reassign owned by " + Sessions.identifier(user) + " to " + Sessions.identifier(Names.OWNER));
                Sessions.run(connection, "drop owned by " + Sessions.identifier(user));
            }
        }
    }

    /** Also while clients are in it: the operator would wait for them without a word. */
    public void dropDatabase(String database) throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            Sessions.run(connection, "drop database if exists " + Sessions.identifier(database) + " with (force)");
        }
    }

    public boolean hasDatabase(String database) throws SQLException {
        try (Connection connection = sessions.open(primary(), "postgres")) {
            return !Sessions.list(connection, "select 1 from pg_database where datname = ?", database)
                    .isEmpty();
        }
    }

    Instances.Instance primary() throws SQLException {
        return instances.all().stream()
                .filter(instance -> instance.primary() && !instance.address().isEmpty())
                .findFirst()
                .orElseThrow(() -> new SQLException("the cluster has no primary just now", "08000"));
    }
}
