package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.UpgradeTools;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/** What the planner has to know of each table, after pg_upgrade: up to 17 nothing comes along, from 18 on nearly all. */
public final class Statistics {

    private static final Logger LOG = Logger.getLogger(Statistics.class);
    private static final Duration LIMIT = Duration.ofHours(4);
    private static final int FIRST_THAT_KEEPS = 18;
    private static final int MOST_CRASHES = 3;

    /** The connection, or the server. */
    private static final Pattern GONE = Pattern.compile("^(08|57P)");

    /** Rows and no statistics, and nobody has looked. Nothing is kept of a table without columns, or of one that is temporary. */
    private static final String MISSING =
            "select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_class c join pg_catalog.pg_namespace n"
                    + " on n.oid = c.relnamespace where c.relkind in ('r', 'm') and c.relpersistence <> 't' and c.oid >= 16384"
                    + " and pg_catalog.pg_relation_size(c.oid) > 0 and pg_catalog.pg_stat_get_last_analyze_time(c.oid) is null"
                    + " and pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid) is null and exists (select from"
                    + " pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)"
                    + " and not exists (select from pg_catalog.pg_statistic s where s.starelid = c.oid) order by c.oid";

    private final PostgresServer side;

    public Statistics(PostgresServer side) {
        this.side = side;
    }

    /**
     * First roughly, so that queries are not slow for long. What vacuumdb has not brought to an end is collected table by table.
     *
     * @return what is missing all the same, with the statement that makes it, in words
     */
    public List<String> collect() throws SQLException, IOException, InterruptedException {
        return byVacuumdb() ? List.of() : oneByOne();
    }

    private boolean byVacuumdb() throws IOException, InterruptedException {
        LocalClusters clusters = side.clusters();
        String major = side.engine().major();
        Optional<UpgradeTools.Tools> tools = clusters.engines().upgradeTools().to(major);
        if (tools.isEmpty()) {
            return false;
        }
        List<String> words = new ArrayList<>(List.of(
                tools.get().program("vacuumdb"),
                "--host=" + clusters.reach(),
                "--port=" + side.port(),
                "--username=" + SuperuserConnection.USER,
                "--all",
                "--analyze-in-stages",
                "--quiet"));
        if (Integer.parseInt(major) >= FIRST_THAT_KEEPS) {
            words.add("--missing-stats-only");
        }
        for (int tries = 1; ; tries++) {
            ServerAccount.Result result = clusters.account()
                    .run(null, PgUpgrade.environment(side.password(), major), LIMIT, words.toArray(String[]::new));
            if (result.exit() == 0) {
                return true;
            }
            LOG.warnf("vacuumdb of cluster %s: %s", side.folder().id(), result.how());
            if (!result.crashed() || tries == MOST_CRASHES) {
                return false;
            }
        }
    }

    private List<String> oneByOne() throws SQLException, InterruptedException {
        List<String> missing = new ArrayList<>();
        side.inEach(side.everyDatabase(), (connection, database) -> {
            for (String table : PostgresServer.strings(connection, MISSING)) {
                analyze(connection, database, table).ifPresent(missing::add);
            }
        });
        return missing;
    }

    private static Optional<String> analyze(Connection connection, String database, String table) throws SQLException {
        try {
            PostgresServer.execute(connection, "analyze " + table);
            return Optional.empty();
        } catch (SQLException e) {
            if (GONE.matcher(String.valueOf(e.getSQLState())).find()) {
                throw e;
            }
            return Optional.of("the planner has no statistics of " + table + " in " + database + ": " + e.getMessage()
                    + ". When that is mended: analyze " + table);
        }
    }
}
