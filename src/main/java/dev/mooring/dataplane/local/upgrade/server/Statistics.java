package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.SuperuserConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the planner has to know of each table, after pg_upgrade: up to 17 nothing comes along, from 18 on nearly all. */
public final class Statistics {

    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final int FIRST_THAT_KEEPS = 18;

    private final PostgresServer side;

    public Statistics(PostgresServer side) {
        this.side = side;
    }

    /**
     * First roughly, so that queries are not slow for long.
     *
     * @throws OperationFailed when that does not work for a table
     */
    public void collect() throws IOException, InterruptedException {
        LocalClusters clusters = side.clusters();
        String major = side.engine().major();
        List<String> words = new ArrayList<>(List.of(
                clusters.engines()
                        .upgradeTools()
                        .to(major)
                        .orElseThrow(() -> new OperationFailed("there is no vacuumdb of PostgreSQL " + major))
                        .program("vacuumdb"),
                "--host=" + clusters.reach(),
                "--port=" + side.port(),
                "--username=" + SuperuserConnection.USER,
                "--all",
                "--analyze-in-stages",
                "--quiet"));
        if (Integer.parseInt(major) >= FIRST_THAT_KEEPS) {
            words.add("--missing-stats-only");
        }
        ServerAccount.Result result = clusters.account()
                .run(null, PgUpgrade.environment(side.password(), major), LIMIT, words.toArray(String[]::new));
        if (result.exit() != 0) {
            throw new OperationFailed("vacuumdb failed: " + result.output());
        }
    }
}
