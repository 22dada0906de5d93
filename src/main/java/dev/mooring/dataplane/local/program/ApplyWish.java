package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterFacts;
import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.cluster.Inhabitants;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * Makes a running cluster match its wish. Wishes of one cluster may be queued side by side: the one with the higher
 * revision includes the others, so a late one with a lower revision has nothing left to do.
 */
@Singleton
public class ApplyWish extends ClusterProgram<ApplyWish.Steps, ClusterFacts> {

    private static final Duration RESTART_LIMIT = Duration.ofSeconds(60);

    public enum Steps implements Step {
        APPLY("Applying users, databases, trusted sources and settings"),
        RESTART("Restarting PostgreSQL for settings that need it"),
        PUT_BACK("Putting the previous settings back");

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

    ApplyWish(LocalClusters clusters, Archiver archiver) {
        super("apply-settings", Steps.class, Steps.PUT_BACK, ClusterFacts.NONE, clusters);
        this.archiver = archiver;
    }

    @Override
    protected Next step(Steps step, Task<ClusterWish, ClusterFacts> task) throws Exception {
        ClusterFolder folder = clusters.folder(task.wish().id());
        ClusterFolder.Manifest manifest = folder.manifest()
                .orElseThrow(() -> new OperationFailed("the cluster does not run here any more; nothing was changed"));
        return switch (step) {
            case APPLY -> apply(task, folder, manifest);
            case RESTART -> restart(task, folder, manifest);
            case PUT_BACK -> putBack(folder, manifest);
        };
    }

    private Next apply(Task<ClusterWish, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws Exception {
        ClusterWish wish = task.wish();
        if (wish.revision() <= manifest.applied()) {
            return Next.done(Map.of("applied_revision", manifest.applied()));
        }
        Engine engine = clusters.engines().engine(manifest.major(), manifest.version());
        Configuration configuration = new Configuration(clusters, folder);
        boolean restart;
        try (Connection connection = clusters.open(manifest, "postgres")) {
            Inhabitants inhabitants =
                    new Inhabitants(connection, database -> clusters.open(manifest, database), clusters.vault());
            inhabitants.settle(wish, manifest.applied());
            restart = configuration.change(wish, manifest, engine)
                    && configuration.reload(connection, manifest, wish.revision());
            inhabitants.endStrangers(wish.sources());
        } catch (SQLException e) {
            throw refusedOrBroken(e);
        }
        if (restart) {
            return Next.go(Steps.RESTART);
        }
        settle(configuration, manifest, wish);
        return Next.done(Map.of("applied_revision", wish.revision(), "restarted", false));
    }

    /** What the server refuses it would refuse again; a broken connection is worth another try. */
    private static Exception refusedOrBroken(SQLException e) {
        String state = e.getSQLState() == null ? "08000" : e.getSQLState();
        boolean broken = state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
        return broken ? e : new OperationFailed("PostgreSQL refuses the change: " + e.getMessage(), e);
    }

    private Next restart(Task<ClusterWish, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws Exception {
        restartServer(folder, manifest);
        settle(new Configuration(clusters, folder), manifest, task.wish());
        task.keep(task.facts().withRestart());
        return Next.done(Map.of("applied_revision", task.wish().revision(), "restarted", true));
    }

    private void settle(Configuration configuration, ClusterFolder.Manifest manifest, ClusterWish wish)
            throws IOException {
        configuration.settle(manifest, wish);
        archiver.synchronous(wish.id(), wish.archive().synchronous());
    }

    private void restartServer(ClusterFolder folder, ClusterFolder.Manifest manifest) throws Exception {
        Postmaster postmaster = clusters.postmaster(folder, manifest);
        postmaster.stop(Postmaster.Stop.FAST, RESTART_LIMIT);
        postmaster.fence();
        postmaster.start();
        try (Connection connection = SuperuserConnection.await(
                clusters.reach(),
                manifest.port(),
                "postgres",
                clusters.vault().unseal(manifest.superuserSecret()),
                RESTART_LIMIT,
                postmaster::alive)) {
            if (connection == null) {
                throw new OperationFailed(
                        "PostgreSQL does not start with the new settings: " + postmaster.startFailure());
            }
        }
    }

    private Next putBack(ClusterFolder folder, ClusterFolder.Manifest manifest) throws Exception {
        Configuration configuration = new Configuration(clusters, folder);
        if (configuration.restore()) {
            if (clusters.postmaster(folder, manifest).alive()) {
                try (Connection connection = clusters.open(manifest, "postgres")) {
                    configuration.reload(connection);
                }
            } else {
                restartServer(folder, manifest);
            }
            configuration.forgetBefore();
        }
        return Next.done(null);
    }
}
