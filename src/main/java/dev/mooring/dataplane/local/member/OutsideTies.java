package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.facts.RecoveryFacts.SwitchedOff;
import dev.mooring.dataplane.local.postgres.OwnNames;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a copy of a cluster would do to servers elsewhere, in the original's name: its subscriptions would take rows out of the slots that
 * the original reads, its foreign servers would write where the original writes. Both are switched off before anybody but Mooring, or any
 * worker of the server, can use them; nothing is lost by that, and their owner can switch them on again. The server's other workers are
 * those of {@code shared_preload_libraries}, which is Mooring's, so that no schedule of a user's own can run.
 *
 * <p>The catalogs are written rather than ALTER used: no code that a user could have made runs, no connection is tried, and subscriptions
 * are met in every database at once.
 */
public final class OutsideTies {

    /** A folder for Unix sockets that no machine has; libpq's error names it. */
    static final String NOWHERE = "/switched-off-in-this-copy";

    /** What says where a server is: {@code hostaddr} and a service's goes before {@code host}. */
    private static final List<String> PLACE = List.of("host", "hostaddr", "service");

    private static final String DATABASES =
            "select datname from pg_catalog.pg_database where datname <> 'template0' and datconnlimit <> -2 order by oid";

    /** Made by Mooring for an upgrade of the original, or the way back: the bootstrap superuser's. */
    private static final String OWN_SUBSCRIPTION = OwnNames.subscription("s");

    private static final String OWN_PUBLICATIONS =
            "select p.pubname from pg_catalog.pg_publication p where " + OwnNames.publication("p") + " order by p.oid";

    private static final String SUBSCRIPTIONS =
            "select s.oid::text from pg_catalog.pg_subscription s where (s.subenabled or s.subslotname is not null) and not "
                    + OWN_SUBSCRIPTION + " order by s.oid";

    /** All but those for files of this machine, which only a superuser can make. */
    private static final String SERVERS =
            "from pg_catalog.pg_foreign_server s join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw"
                    + " where w.fdwname <> 'file_fdw' and not coalesce('host=" + NOWHERE
                    + "' = any (s.srvoptions), false)";

    private final Sql sql;
    private final ReachableDatabase reachable;

    /** @param connection to the database {@code postgres} */
    public OutsideTies(Connection connection, RolesAndDatabases.Opener opener) {
        this.sql = new Sql(connection);
        this.reachable = new ReachableDatabase(sql, opener);
    }

    /** What {@link #switchOff} would change; empty afterwards. */
    public List<SwitchedOff> find() throws SQLException {
        List<SwitchedOff> found = new ArrayList<>();
        for (String oid : sql.list(SUBSCRIPTIONS)) {
            found.add(subscription(oid));
        }
        for (String database : sql.list(DATABASES)) {
            reachable.visit(database, inside -> {
                for (String server : inside.list("select s.srvname " + SERVERS + " order by s.oid")) {
                    found.add(server(inside, database, server));
                }
            });
        }
        return found;
    }

    /**
     * Does nothing where nothing is left to do. What an upgrade of the original has left goes altogether: published in the copy, rows of a
     * table that loses its key could never be changed again.
     */
    public void switchOff() throws SQLException {
        sql.execute("update pg_catalog.pg_subscription set subenabled = false, subslotname = null"
                + " where subenabled or subslotname is not null");
        for (String database : sql.list(DATABASES)) {
            reachable.visit(database, OutsideTies::switchOff);
        }
    }

    private static void switchOff(Sql inside) throws SQLException {
        inside.execute("update pg_catalog.pg_foreign_server f set srvoptions ="
                + " array(select o from pg_catalog.unnest(f.srvoptions) o"
                + " where pg_catalog.split_part(o, '=', 1) not in ('host', 'hostaddr', 'service'))"
                + " || array['host=" + NOWHERE + "'] where f.oid in (select s.oid " + SERVERS + ")");
        for (String publication : inside.list(OWN_PUBLICATIONS)) {
            inside.execute("drop publication " + inside.identifier(publication));
        }
        for (String subscription :
                inside.list("select s.subname from pg_catalog.pg_subscription s where " + OWN_SUBSCRIPTION
                        + " and s.subdbid = (select d.oid from pg_catalog.pg_database d where d.datname ="
                        + " pg_catalog.current_database())")) {
            inside.execute("drop subscription " + inside.identifier(subscription));
        }
    }

    private SwitchedOff subscription(String oid) throws SQLException {
        String name = one("select subname", oid);
        List<String> on = new ArrayList<>();
        String slot = one("select subslotname", oid);
        if (slot != null) {
            on.add("ALTER SUBSCRIPTION " + sql.identifier(name) + " SET (slot_name = " + sql.literal(slot) + ")");
        }
        if ("t".equals(one("select case when subenabled then 't' end", oid))) {
            on.add("ALTER SUBSCRIPTION " + sql.identifier(name) + " ENABLE");
        }
        return new SwitchedOff(
                "subscription",
                one("select (select datname from pg_catalog.pg_database d where d.oid = s.subdbid)", oid),
                name,
                String.join("; ", on));
    }

    private String one(String select, String oid) throws SQLException {
        return sql.list(select + " from pg_catalog.pg_subscription s where s.oid = ?::pg_catalog.oid", oid)
                .getFirst();
    }

    private static SwitchedOff server(Sql inside, String database, String server) throws SQLException {
        List<String> changes = new ArrayList<>();
        boolean hadHost = false;
        for (String option : inside.list(
                "select pg_catalog.unnest(srvoptions) from pg_catalog.pg_foreign_server where srvname = ?", server)) {
            String name = option.substring(0, option.indexOf('='));
            if (PLACE.contains(name)) {
                boolean host = name.equals("host");
                hadHost |= host;
                changes.add(
                        (host ? "SET " : "ADD ") + name + " " + inside.literal(option.substring(name.length() + 1)));
            }
        }
        if (!hadHost) {
            changes.addFirst("DROP host");
        }
        return new SwitchedOff(
                "foreign server",
                database,
                server,
                "ALTER SERVER " + inside.identifier(server) + " OPTIONS (" + String.join(", ", changes) + ")");
    }
}
