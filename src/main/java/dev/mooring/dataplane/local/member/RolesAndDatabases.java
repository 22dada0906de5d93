package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.postgres.ScramVerifier;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.home.Vault;
import dev.mooring.process.postgres.session.SuperuserConnection;
import dev.mooring.time.Monotonic;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The roles and databases inside a running server: makes what the wish has and the server lacks, and removes what the
 * wish says is gone. Roles and databases that their owner made with SQL are left alone.
 */
public final class RolesAndDatabases {

    private static final Logger LOG = Logger.getLogger(RolesAndDatabases.class);
    private static final Duration ENDING = Duration.ofSeconds(5);

    /** Sessions of clients; the roles of Mooring's own are bound. */
    public static final String OF_CLIENTS = " from pg_catalog.pg_stat_activity where client_addr is not null"
            + " and usename <> all (?)"
            // Through the connection pools, which see to it themselves; nobody else has a certificate that is known.
            + " and not exists (select from pg_catalog.pg_stat_ssl through where through.pid = pg_stat_activity.pid"
            + " and through.client_dn is not null)";

    /** Those that come from one of the networks, which are bound. */
    public static final String FROM_TRUSTED = "exists (select from pg_catalog.unnest(?::pg_catalog.text[]) source"
            + " where client_addr operator(pg_catalog.<<=) source::pg_catalog.inet)";

    /** Opens another database of the same server as superuser. */
    @FunctionalInterface
    public interface Opener {
        Connection open(String database) throws SQLException;
    }

    private final Sql sql;
    private final Opener opener;
    private final UserRoles users;
    private final LogicalDatabases databases;
    private final Departure departure;

    /** @param connection to the database {@code postgres} */
    public RolesAndDatabases(Connection connection, Opener opener, Vault vault) {
        this.sql = new Sql(connection);
        this.opener = opener;
        this.users = new UserRoles(sql, opener, vault);
        this.databases = new LogicalDatabases(sql, opener);
        this.departure = new Departure(sql, opener);
    }

    /**
     * Returns when what was asked for is in force.
     *
     * @param applied revision that the server matches already: passwords not changed since are left as they are
     * @return what deleted users have left
     * @throws InTheWay when sessions of users keep it from being made
     */
    public List<ClusterFacts.Left> settle(ClusterSpec wish, long applied) throws SQLException {
        Map<String, Boolean> known = UserRoles.known(sql);
        settleServerRoles(wish);
        users.settle(wish, applied, known);
        databases.settle(wish);
        List<ClusterFacts.Left> left = new ArrayList<>();
        for (String user : wish.absentUsers()) {
            if (known.containsKey(user)) {
                ClusterFacts.Left has = departure.drop(user);
                if (has != null) {
                    left.add(has);
                }
            }
        }
        return left;
    }

    private void settleServerRoles(ClusterSpec wish) throws SQLException {
        List<String> names = Stream.concat(
                        wish.users().stream().map(ClusterSpec.User::name), wish.absentUsers().stream())
                .toList();
        new LockGuard(opener).run(sql, "the server's roles could not be put right", true, null, () -> {
            for (String healed : ServerRoles.settle(sql.connection(), names)) {
                LOG.infof("cluster %s: the roles differed from what they must be: %s", wish.id(), healed);
            }
        });
    }

    /** For what was recovered: whoever has been deleted since stays out. */
    public void shutOutFormer(ClusterSpec wish) throws SQLException {
        users.shutOutFormer(wish);
    }

    /** The verifiers of the users' passwords, by name, as far as the server has them. */
    public Map<String, String> verifiers(ClusterSpec wish) throws SQLException {
        return users.verifiers(wish);
    }

    /** Those that another server of the cluster has had: who is known to a connection pool by them stays known. */
    public void setVerifiers(Map<String, String> verifiers) throws SQLException {
        users.setVerifiers(verifiers);
    }

    public void setSuperuserPassword(String password) throws SQLException {
        sql.execute("alter role " + SuperuserConnection.USER + " password "
                + sql.literal(ScramVerifier.ofRandom(password)));
    }

    /** See {@link LogicalDatabases#share}. */
    public void share(ClusterSpec wish) throws SQLException {
        databases.share(wish);
    }

    /** Ends client sessions from networks that may not connect any more; returns when they are over. */
    public void endStrangers(@Nullable List<String> sources) throws SQLException {
        if (sources == null) {
            return;
        }
        java.sql.Array own =
                sql.connection().createArrayOf("text", ServiceRole.allNames().toArray());
        java.sql.Array networks = sql.connection().createArrayOf("text", sources.toArray());
        String strangers = OF_CLIENTS + " and not " + FROM_TRUSTED;
        long end = Monotonic.nanos() + ENDING.toNanos();
        while (sql.any("select pg_catalog.pg_terminate_backend(pid)" + strangers, own, networks)) {
            if (Monotonic.nanos() > end) {
                throw new InTheWay(
                        "sessions from sources that are not trusted any more do not end",
                        sql.list("select 'process ' || pid || ' of ' || usename" + strangers, own, networks));
            }
            sql.list("select pg_catalog.pg_sleep(0.01)");
        }
    }
}
