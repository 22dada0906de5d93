package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.Carried;
import dev.mooring.dataplane.local.upgrade.Conversion;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.Definitions;
import dev.mooring.dataplane.local.upgrade.FolderExchange;
import dev.mooring.dataplane.local.upgrade.Kept;
import dev.mooring.dataplane.local.upgrade.ReplicationEnd;
import dev.mooring.dataplane.local.upgrade.server.ConnectionGate;
import dev.mooring.dataplane.local.upgrade.server.DiskRoom;
import dev.mooring.dataplane.local.upgrade.server.PortTaken;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.TargetServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the programs around a change of the major version have in common: where its two servers are, and how one of them goes. */
@Singleton
class Upgrading {

    /** Carries everything to the new server. */
    static final String THERE = "mooring_upgrade";
    /** Carries what is written afterwards back to the old one. */
    static final String BACK = "mooring_undo";

    private static final String NEXT = "next";
    private static final int MOST_CRASHES = 3;
    private static final Duration GLANCE = Duration.ofMillis(500);
    private static final Duration PORT_GLANCE = Duration.ofSeconds(1);

    final LocalClusters clusters;
    final Archives archives;
    final Archiver archiver;

    Upgrading(LocalClusters clusters, Archives archives, Archiver archiver) {
        this.clusters = clusters;
        this.archives = archives;
        this.archiver = archiver;
    }

    ClusterFolder main(UUID cluster) {
        return clusters.folder(cluster);
    }

    ClusterFolder next(UUID cluster) {
        return main(cluster).side(NEXT);
    }

    ClusterFolder previous(UUID cluster) {
        return main(cluster).side(ClusterFolder.PREVIOUS);
    }

    /** The server that serves, as its manifest has it. */
    PostgresServer serving(ClusterSpec wish) throws IOException {
        ClusterFolder main = main(wish.id());
        return PostgresServer.of(
                clusters,
                main,
                main.manifest().orElseThrow(() -> new OperationFailed("the cluster does not run here any more")));
    }

    /** The server of a major version that is in a folder beside. */
    PostgresServer beside(ClusterSpec wish, ClusterFolder folder, String major, @Nullable String version)
            throws IOException {
        return beside(wish, folder, major, version, 0);
    }

    /** @param port 0 for the cluster's own for it */
    PostgresServer beside(ClusterSpec wish, ClusterFolder folder, String major, @Nullable String version, int port)
            throws IOException {
        return new PostgresServer(
                clusters,
                folder,
                version == null
                        ? clusters.engines().engine(major)
                        : clusters.engines().engine(major, version),
                port == 0 ? own(wish) : port,
                clusters.vault().unseal(wish.superuserSecret()));
    }

    /** The server of the new version, before it serves. */
    PostgresServer coming(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        ClusterSpec wish = task.wish();
        UpgradeFacts facts = task.facts();
        return beside(wish, next(wish.id()), wish.version(), facts.semanticVersion(), facts.port());
    }

    private static int own(ClusterSpec wish) {
        return wish.endpoints().of(Endpoints.Role.BUILD).port();
    }

    /** The cluster's own for a second server, unless another program has it. */
    int portFor(ClusterSpec wish) throws IOException {
        return clusters.portFree(own(wish)) ? own(wish) : anyFreePort();
    }

    /**
     * The cluster's own port is waited for, by whichever version, as clients know no other: without it none of them can serve. A server
     * beside gets another one, for the next try.
     */
    Next waitOrTakeAnother(Task<ClusterSpec, UpgradeFacts> task, PortTaken taken) throws IOException {
        if (taken.port() == task.wish().port()) {
            return Next.waitFor(PORT_GLANCE, taken.getMessage());
        }
        task.keep(task.facts().withPort(anyFreePort()));
        throw taken;
    }

    int anyFreePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(clusters.reach()))) {
            return socket.getLocalPort();
        }
    }

    /** Bytes of the cluster's databases. */
    long size(ClusterSpec wish) throws IOException, SQLException {
        try (Connection connection = serving(wish).open("postgres")) {
            return PostgresServer.number(
                    connection, "select sum(pg_database_size(oid)) from pg_database where datname !~ '^template[01]$'");
        }
    }

    /** What is made beside the server that serves. */
    Conversion conversion(ClusterSpec wish, UpgradeFacts facts) throws IOException {
        PostgresServer serving = serving(wish);
        return new Conversion(
                wish,
                serving,
                new PostgresServer(
                        clusters,
                        main(wish.id()).side("copy"),
                        clusters.engines().engine(wish.requiredUpgrade().from(), facts.requiredOldVersion()),
                        facts.port(),
                        serving.password()),
                beside(wish, next(wish.id()), wish.version(), facts.semanticVersion(), facts.port()),
                true);
    }

    /**
     * Before anybody is kept out.
     *
     * @return null when no transaction has been open for long, or they are to be ended
     * @throws OperationFailed when that has lasted for as long as the step may
     */
    @Nullable
    Next awaitTransactions(Task<ClusterSpec, UpgradeFacts> task, CutOver.Roles roles)
            throws SQLException, IOException, InterruptedException {
        if (task.wish().requiredUpgrade().endTransactions() || FolderExchange.begun(roles.leaving())) {
            return null;
        }
        roles.serving().ensureRunning();
        String open = new ConnectionGate(roles.serving()).openTransactions();
        if (open.isEmpty()) {
            return null;
        }
        if (task.overdue()) {
            throw new OperationFailed("transactions stay open: " + open
                    + ". End them, or ask for it with end_transactions. Nothing was changed.");
        }
        return Next.waitFor(GLANCE, "waiting for the end of " + open + "; end_transactions would end it");
    }

    /** That of which nothing can be used any more when it breaks off. */
    @FunctionalInterface
    interface Conversions {
        Conversion.Converted run() throws SQLException, IOException, InterruptedException;
    }

    /**
     * Counts copies that are spoiled: the step begins again with another one, so the engine, which counts tries of one step, would not
     * come to an end.
     */
    static Conversion.Converted counted(Task<ClusterSpec, UpgradeFacts> task, Conversions work)
            throws SQLException, IOException, InterruptedException {
        try {
            return work.run();
        } catch (SQLException | IOException e) {
            int crashes = task.facts().crashes() + 1;
            task.keep(task.facts().withCrashes(crashes));
            if (crashes >= MOST_CRASHES) {
                throw new CrashedTooOften(crashes, e);
            }
            throw e;
        }
    }

    /** What the server that serves is left with, while something is made beside it. */
    DiskRoom room(ClusterSpec wish) {
        return new DiskRoom(main(wish.id()).root());
    }

    CutOver cutOver(ClusterSpec wish) {
        return new CutOver(clusters, archiver, archives.of(wish.id()), wish);
    }

    /**
     * The server that served is kept for the way back, with what tells later whether that would lose something: at once, because what is
     * written from now on is counted by the new server.
     *
     * @param definitions of the new server when it began to serve
     * @param following the databases whose changes go back to it, in the order of their slots; empty for none
     */
    void keep(Task<ClusterSpec, UpgradeFacts> task, Definitions definitions, List<String> following)
            throws IOException, SQLException, InterruptedException {
        UpgradeFacts facts = task.facts();
        Carried counted = Carried.now(serving(task.wish()));
        boolean follows = !following.isEmpty();
        new Kept(
                        task.wish().requiredUpgrade().from(),
                        facts.requiredOldVersion(),
                        facts.oldTimeline(),
                        facts.limits(),
                        follows,
                        following,
                        follows ? definitions.withoutFiles() : definitions,
                        new Carried(counted.countedSince(), Map.of(), counted.visits()))
                .write(previous(task.wish().id()));
    }

    /** Leaves nothing of a try to get to a new server; the old one serves everybody. */
    void abandon(ClusterSpec wish, UpgradeFacts facts) throws IOException, InterruptedException, SQLException {
        removeFiles(wish, facts);
        PostgresServer serving = serving(wish);
        serving.ensureRunning();
        new ConnectionGate(serving).open(facts.limits());
        conversion(wish, facts).remove();
        ReplicationEnd.unpublish(serving, THERE);
        var archive = archives.of(wish.id());
        if (facts.backup() != null) {
            archive.deleteBackup(facts.backup());
        }
        if (facts.timeline() > 0) {
            archive.wal().deleteTimeline(facts.timeline());
        }
    }

    /** Of what is made beside the server that serves, before anything is asked of that one: their room may be what it lacks. */
    void removeFiles(ClusterSpec wish, UpgradeFacts facts) throws IOException, InterruptedException {
        ClusterFolder next = next(wish.id());
        archiver.end(next.key());
        clusters.supervisor().forget(next.key());
        conversion(wish, facts).removeFiles();
    }

    /** Ends the time in which an upgrade can be undone. */
    void settle(UUID cluster) throws IOException, InterruptedException, SQLException {
        ClusterFolder main = main(cluster);
        ClusterFolder previous = previous(cluster);
        clusters.supervisor().forget(previous.key());
        var manifest = main.manifest();
        if (manifest.isPresent()) {
            PostgresServer old = new PostgresServer(
                    clusters,
                    previous,
                    clusters.engines()
                            .engine(manifest.get().major(), manifest.get().version()),
                    previous.manifest().map(ClusterFolder.Manifest::port).orElse(0),
                    "");
            TargetServer.remove(clusters, old);
            // Also where nothing says that the old one follows: slots that nobody fetches from keep WAL for ever.
            ReplicationEnd.unpublish(PostgresServer.of(clusters, main, manifest.get()), BACK);
        }
    }
}
