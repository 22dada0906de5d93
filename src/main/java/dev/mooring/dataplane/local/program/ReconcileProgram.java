package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.InTheWay;
import dev.mooring.dataplane.local.member.RolesAndDatabases;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.standby.ReadOnlySpec;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.upgrade.server.PortTaken;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.postgres.Engine;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes a running cluster match its wish. Wishes of one cluster may be queued side by side: the one with the higher
 * revision includes the others, so a late one with a lower revision has nothing left to do.
 */
abstract class ReconcileProgram extends ClusterProgram<ReconcileProgram.Steps, ClusterFacts> {

    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration GLANCE = Duration.ofMillis(50);

    public enum Steps implements Step {
        APPLY("Applying users, databases, trusted sources and settings"),
        NODES("Copying the primary to more standby nodes"),
        RESTART("Restarting PostgreSQL for settings that need it"),
        ROLL_BACK("Putting the previous settings back");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    private final Archiver archiver;
    private final StandbyKeeper standbys;

    protected ReconcileProgram(Change change, LocalClusters clusters, Archiver archiver, StandbyKeeper standbys) {
        super(change, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, clusters);
        this.archiver = archiver;
        this.standbys = standbys;
    }

    /** Refuses what the server itself would take; nothing has been changed yet. */
    protected void check(Connection superuser, ClusterSpec wish) throws SQLException {}

    /** What is left to do once the wish's settings are in force. There is no way back from here on, so it is only ever finished. */
    protected void complete(RolesAndDatabases inhabitants, ClusterSpec wish) throws SQLException {}

    @Override
    public boolean inForce(Task<ClusterSpec, ClusterFacts> task) throws IOException {
        return clusters.folder(task.wish().id())
                .manifest()
                .filter(manifest -> task.wish().revision() <= manifest.applied())
                .isPresent();
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterFolder folder = clusters.folder(task.wish().id());
        ClusterFolder.Manifest manifest = folder.manifest()
                .orElseThrow(() -> new OperationFailed("the cluster does not run here any more; nothing was changed"));
        if (manifest.follows() != null) {
            return readOnly(step, task, folder, manifest);
        }
        return switch (step) {
            case APPLY -> apply(task, folder, manifest);
            case NODES -> addNodes(task, folder);
            case RESTART -> restart(task, folder, manifest);
            case ROLL_BACK -> {
                takeNodesBack(task, folder, manifest);
                yield putBack(folder, manifest);
            }
        };
    }

    /** Its users, databases and settings are the primary's: size, trusted sources and names are its own. */
    private Next readOnly(
            Steps step, Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException, InterruptedException {
        ClusterSpec wish = task.wish();
        if (step != Steps.ROLL_BACK && wish.revision() <= manifest.applied()) {
            return Next.done(Map.of("applied_revision", manifest.applied()));
        }
        ReadOnlySpec node = new ReadOnlySpec(clusters, standbys);
        try {
            if (step == Steps.ROLL_BACK) {
                return node.putBack(folder, manifest, wish)
                        ? Next.done(null)
                        : Next.waitFor(GLANCE, "what was in force before is being put back");
            }
            return node.apply(folder, manifest, wish)
                    ? Next.done(Map.of("applied_revision", wish.revision()))
                    : Next.waitFor(GLANCE, "the read-only node has not taken it yet");
        } catch (SQLException e) {
            return Next.waitFor(AGAIN, "the read-only node or its primary does not answer: " + e.getMessage());
        }
    }

    private Next apply(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws Exception {
        ClusterSpec wish = task.wish();
        if (wish.revision() <= manifest.applied()) {
            return Next.done(Map.of("applied_revision", manifest.applied()));
        }
        if (wish.nodes() > 1 + manifest.standbys().size()) {
            // Known before there is anything to take back.
            task.keep(task.facts().withNodesBefore(1 + manifest.standbys().size()));
            return Next.go(Steps.NODES);
        }
        Engine engine = clusters.engines().engine(manifest.major(), manifest.version());
        Configuration configuration = new Configuration(clusters, folder);
        new Pooler(clusters, folder).require(wish);
        boolean restart;
        try (Connection connection = clusters.open(manifest, "postgres")) {
            check(connection, wish);
            RolesAndDatabases inhabitants = inhabitants(connection, manifest);
            task.keep(task.facts().withInTheWay(false).andLeft(inhabitants.settle(wish, manifest.applied())));
            restart = configuration.change(wish, manifest, engine)
                    && configuration.reload(connection, manifest, wish.revision());
            inhabitants.endStrangers(wish.networks());
        } catch (InTheWay e) {
            task.keep(task.facts().withInTheWay(true));
            throw e;
        } catch (SQLException e) {
            throw refusedOrBroken("the change", e);
        }
        if (restart) {
            return Next.go(Steps.RESTART);
        }
        settle(configuration, manifest, wish);
        return Next.done(receipt(task, false));
    }

    /** With the settings of before: nodes that follow take the new ones from the primary. */
    private Next addNodes(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder) throws IOException {
        FollowerWait.ask(standbys, folder, task.wish());
        return FollowerWait.look(
                        standbys, folder, "Those that were asked for are removed, and the cluster is as before.")
                .orElse(Next.go(Steps.APPLY));
    }

    private void takeNodesBack(
            Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException {
        Integer before = task.facts().nodesBefore();
        if (before != null && manifest.standbys().size() >= before) {
            folder.write(manifest.withFollowersAt(manifest.standbys().stream()
                    .map(ClusterFolder.Standby::port)
                    .limit(before - 1L)
                    .toList()));
            standbys.look(folder);
        }
    }

    private RolesAndDatabases inhabitants(Connection connection, ClusterFolder.Manifest manifest) {
        return new RolesAndDatabases(connection, database -> clusters.open(manifest, database), clusters.vault());
    }

    private Next restart(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws Exception {
        PostgresServer server = PostgresServer.of(clusters, folder, manifest);
        Restart.Measured measured;
        try {
            measured = Restart.of(server, server, archiver);
        } catch (OperationFailed | PortTaken e) {
            // The form that it had is back before anybody has waited long for another try.
            throw new OperationFailed(
                    "PostgreSQL does not start with the new settings: "
                            + server.postmaster().startFailure(),
                    e);
        }
        settle(new Configuration(clusters, folder), manifest, task.wish());
        task.keep(task.facts().withRestart());
        Map<String, Object> receipt = receipt(task, true);
        receipt.putAll(measured.receipt());
        return Next.done(receipt);
    }

    private static Map<String, Object> receipt(Task<ClusterSpec, ClusterFacts> task, boolean restarted) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("applied_revision", task.wish().revision());
        receipt.put("restarted", restarted);
        if (!task.facts().left().isEmpty()) {
            receipt.put("left_by_deleted_users", task.facts().left());
        }
        return receipt;
    }

    private void settle(Configuration configuration, ClusterFolder.Manifest manifest, ClusterSpec wish)
            throws IOException, SQLException, InterruptedException {
        try (Connection connection = clusters.open(manifest, "postgres")) {
            new Pooler(clusters, folder(wish)).settle(wish, connection);
            complete(inhabitants(connection, manifest), wish);
        }
        configuration.settle(manifest, wish);
        if (!manifest.standbys().isEmpty()) {
            standbys.look(folder(wish));
        }
        archiver.synchronous(wish.id(), wish.archive().synchronous());
    }

    private ClusterFolder folder(ClusterSpec wish) {
        return clusters.folder(wish.id());
    }

    private Next putBack(ClusterFolder folder, ClusterFolder.Manifest manifest) throws Exception {
        Configuration configuration = new Configuration(clusters, folder);
        if (configuration.restore()) {
            PostgresServer server = PostgresServer.of(clusters, folder, manifest);
            try {
                server.ensureRunning();
                boolean restart;
                try (Connection connection = server.open("postgres")) {
                    restart = configuration.reload(connection, manifest);
                }
                if (restart) {
                    // It was dead, and whoever looks after it had started it with the new files before these were back.
                    Restart.of(server, server, archiver);
                }
            } catch (OperationFailed | PortTaken | SQLException e) {
                // Nobody is told that it serves before it does.
                return Next.waitFor(AGAIN, "the server does not start yet: " + e.getMessage());
            }
            configuration.forgetBefore();
        }
        return Next.done(null);
    }
}
