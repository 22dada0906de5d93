package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.UpgradeFacts;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.upgrade.Comparison;
import dev.mooring.dataplane.local.upgrade.LeftOut;
import dev.mooring.dataplane.local.upgrade.NewServer;
import dev.mooring.dataplane.local.upgrade.Replication;
import dev.mooring.dataplane.local.upgrade.RowCopy;
import dev.mooring.dataplane.local.upgrade.SchemaChanged;
import dev.mooring.dataplane.local.upgrade.SchemaCopy;
import dev.mooring.dataplane.local.upgrade.Side;
import dev.mooring.dataplane.local.upgrade.Triggers;
import dev.mooring.dataplane.local.upgrade.Workspace;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What a server of the new version gets while the old one serves: everything that is in the old one. */
@Singleton
class NewVersion {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(30);

    private final LocalClusters clusters;

    NewVersion(LocalClusters clusters) {
        this.clusters = clusters;
    }

    /** Roles, databases, and tables without rows or indexes. */
    void definitions(ClusterWish wish, Side serving, Side coming)
            throws SQLException, IOException, InterruptedException {
        List<String> databases = serving.databases();
        coming.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
        new NewServer(clusters, wish, coming).configure(Replication.settings(databases.size()));
        coming.ensureRunning();
        Workspace.make(serving);
        Workspace.widenIdentities(serving);
        Workspace.watch(serving);
        SchemaCopy schema = schema(serving, coming);
        schema.roles();
        schema.dropAllBut(databases);
        for (String database : databases) {
            schema.definitions(database);
        }
        Workspace.make(coming);
        there(serving, coming).publish();
    }

    /** @return number of tables */
    int rows(Task<ClusterWish, UpgradeFacts> task, Side serving, Side coming)
            throws SQLException, IOException, InterruptedException {
        return new RowCopy(serving, coming, there(serving, coming)).run(serving.databases(), (bytes, total, tables) -> {
            task.progress(bytes, total, "bytes, " + tables + " tables copied");
            return !task.cancelRequested();
        });
    }

    /** What rows are copied faster without; then whatever was written meanwhile, and from now on. */
    void constraints(Side serving, Side coming) throws SQLException, IOException, InterruptedException {
        List<String> databases = serving.databases();
        SchemaCopy schema = schema(serving, coming);
        for (String database : databases) {
            schema.constraints(database);
        }
        Triggers.quiet(coming, databases);
        there(serving, coming).follow();
    }

    void refresh(Side serving, Side coming) throws SQLException, InterruptedException {
        there(serving, coming).catchUp(CATCH_UP_LIMIT);
        new LeftOut(serving, coming).materializedViews(serving.databases());
        analyze(coming);
    }

    /** @return rows of all tables */
    long compare(Task<ClusterWish, UpgradeFacts> task, Side serving, Side coming)
            throws SQLException, InterruptedException {
        try (ExecutorService aside = Executors.newVirtualThreadPerTaskExecutor()) {
            // The backup begins with one: comparing leaves the disk alone meanwhile.
            Future<Void> checkpoint = aside.submit(coming::checkpoint);
            long rows = new Comparison(serving, coming)
                    .run(
                            serving.databases(),
                            tables -> task.progress(tables, task.facts().tables(), "tables compared"));
            checkpoint.get();
            return rows;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Nearly all there is, before anybody is kept out; also after a cut-over that has failed, which may have done its {@link #last}. */
    void catchUp(Side serving, Side coming) throws SQLException, InterruptedException {
        Replication.unpublish(coming, Upgrading.BACK);
        Triggers.quiet(coming, serving.databases());
        Replication there = there(serving, coming);
        there.follow();
        there.catchUp(CATCH_UP_LIMIT);
    }

    /** What is left to bring while nobody can write, and the way back from there on. */
    void last(Side serving, Side coming, List<String> databases)
            throws SQLException, InterruptedException, SchemaChanged {
        Replication there = new Replication(serving, coming, Upgrading.THERE, databases);
        there.catchUpAtOnce();
        String changes = Workspace.changes(serving);
        if (!changes.isEmpty()) {
            throw new SchemaChanged(changes);
        }
        new LeftOut(serving, coming).bring(databases);
        there.hold();
        Triggers.restore(serving, coming, databases);
        new Replication(coming, serving, Upgrading.BACK, databases).prepare();
    }

    private static Replication there(Side serving, Side coming) throws SQLException {
        return new Replication(serving, coming, Upgrading.THERE, serving.databases());
    }

    private static SchemaCopy schema(Side serving, Side coming) throws IOException {
        return new SchemaCopy(serving, coming, coming.clusters().scratch(coming.folder()));
    }

    private static void analyze(Side side) throws SQLException {
        for (String database : side.databases()) {
            try (Connection connection = side.open(database)) {
                Side.execute(connection, "analyze");
            }
        }
    }
}
