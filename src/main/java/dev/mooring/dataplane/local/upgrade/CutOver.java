package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.Stages;
import dev.mooring.dataplane.local.pool.PoolPause;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.upgrade.server.ConnectionGate;
import dev.mooring.dataplane.local.upgrade.server.PortTaken;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.Sessions;
import dev.mooring.dataplane.local.upgrade.server.WriteProbe;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Puts another server in the place of the one that serves: same address, same certificate authority, same users. Two folders
 * that are renamed make the difference, and what they are called says how far it came: until the first is renamed the old
 * server serves again when anything goes wrong, from then on it is only ever finished.
 */
public final class CutOver {

    private static final Logger LOG = Logger.getLogger(CutOver.class);
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final LocalClusters clusters;
    private final Archiver archiver;
    private final ClusterSpec wish;
    private final ClusterFolder main;
    private final Stages stages = new Stages();
    private final FolderExchange exchange;

    public CutOver(LocalClusters clusters, Archiver archiver, ClusterArchive archive, ClusterSpec wish) {
        this.clusters = clusters;
        this.archiver = archiver;
        this.wish = wish;
        this.main = clusters.folder(wish.id());
        this.exchange = new FolderExchange(clusters, archiver, archive, wish, stages);
    }

    /** What is brought over while nobody can write. The sides have their sessions open. */
    @FunctionalInterface
    public interface Transfer {
        void run(PostgresServer serving, PostgresServer coming)
                throws SQLException, IOException, InterruptedException, NotCarried;
    }

    /** What happens to the new server once the old one is down, and before anybody can reach it. */
    @FunctionalInterface
    public interface Making {
        void run() throws SQLException, IOException, InterruptedException;
    }

    /** What is asked of the old server when nobody can write any more, and tells how the new one is made. */
    @FunctionalInterface
    public interface LeaveTaking {
        Making of(PostgresServer serving) throws SQLException, IOException, InterruptedException;
    }

    /**
     * @param serving the server in the cluster's main folder
     * @param coming the one that takes its place
     * @param leaving where the old one's files go
     * @param limits how many connections each database takes
     * @param servingTimeline of the WAL of the old one
     * @param comingTimeline of the WAL of the new one
     */
    public record Roles(
            PostgresServer serving,
            PostgresServer coming,
            ClusterFolder leaving,
            Map<String, Integer> limits,
            int servingTimeline,
            int comingTimeline) {}

    /**
     * @param servesSince when the new one was opened
     * @param pauseMs between two writes; negative when it could not be measured
     * @param ended whose sessions were ended inside a transaction
     * @param pools what clients of connection pools noticed, as users see it
     */
    public record Result(Instant servesSince, double pauseMs, List<String> ended, Map<String, Object> pools) {}

    public Result run(Roles roles, Transfer transfer)
            throws SQLException, IOException, InterruptedException, NotCarried {
        clusters.supervisor().forget(roles.coming().folder().key());
        if (FolderExchange.begun(roles.leaving())) {
            return goOn(roles);
        }
        roles.serving().ensureRunning();
        roles.coming().ensureRunning();
        tellOfPools(roles.coming());
        // What the stop would have to write is written before anybody waits for it.
        roles.coming().checkpoint();
        roles.serving().checkpoint();
        try (Sessions servingSessions = sessions(roles.serving());
                Sessions comingSessions = sessions(roles.coming())) {
            PostgresServer serving = roles.serving().with(servingSessions);
            PostgresServer coming = roles.coming().with(comingSessions);
            return whileNobodyWrites(roles, serving, false, () -> {
                transfer.run(serving, coming);
                new ConnectionGate(coming).open(serving);
                servingSessions.close();
                comingSessions.close();
                stages.ended("brought the last");
                exchange.stopBoth(roles);
                stages.ended("stopped both");
            });
        }
    }

    /** The same for a new server that comes into being while nobody can write. */
    public Result run(Roles roles, LeaveTaking leaveTaking) throws SQLException, IOException, InterruptedException {
        if (FolderExchange.begun(roles.leaving())) {
            return goOn(roles);
        }
        roles.serving().ensureRunning();
        roles.serving().checkpoint();
        return this.<RuntimeException>whileNobodyWrites(roles, roles.serving(), true, () -> {
            Making making = leaveTaking.of(roles.serving());
            exchange.stopBoth(roles);
            stages.ended("stopped both");
            making.run();
            stages.ended("made the new one");
        });
    }

    /** @param <X> what it may end with besides, as the old server goes on */
    @FunctionalInterface
    private interface Handover<X extends Exception> {
        void run() throws SQLException, IOException, InterruptedException, X;
    }

    /**
     * @param serving the old server, by the sessions that close its doors
     * @param made whether the new one comes into being meanwhile, and has heard of nothing
     */
    private <X extends Exception> Result whileNobodyWrites(
            Roles roles, PostgresServer serving, boolean made, Handover<X> handover)
            throws SQLException, IOException, InterruptedException, X {
        clusters.writeCertificate(main, wish);
        // Where it is reached, before and after.
        PostgresServer address = new PostgresServer(
                clusters,
                main,
                roles.coming().engine(),
                roles.serving().port(),
                roles.serving().password());
        try (WriteProbe probe = new WriteProbe(address)) {
            probe.awaitWrite(roles.serving().postmaster());
            probe.hold();
            stages.ended("was ready");
            PoolPause pools = pools();
            List<String> ended;
            Instant since;
            try (pools) {
                try {
                    stages.ended("paused the pools");
                    ended = new ConnectionGate(serving).close(PATIENCE);
                    stages.ended("closed the doors");
                    handover.run();
                } catch (Exception e) {
                    reopen(roles, e);
                    throw e;
                }
                probe.resume();
                since = exchange.place(roles);
                if (made) {
                    pools.behindAnother();
                }
            }
            probe.awaitWrite(address.postmaster());
            stages.ended("written to");
            LOG.infof("cluster %s: another server in its place; ms: %s", main.id(), stages);
            return new Result(since, probe.longestPauseMs(), ended, pools.receipt());
        }
    }

    /** One that was cut short, after which nobody knows how long it took. */
    private Result goOn(Roles roles) throws SQLException, IOException, InterruptedException {
        try (PoolPause pools = pools()) {
            Instant since = exchange.place(roles);
            pools.behindAnother();
            return new Result(since, -1, List.of(), Map.of());
        }
    }

    /** So that nobody who waits in a pool waits for this, too. */
    private void tellOfPools(PostgresServer coming) throws SQLException {
        if (!wish.pools().isEmpty()) {
            try (Connection superuser = coming.open("postgres")) {
                Pooler.install(superuser);
            }
        }
    }

    private PoolPause pools() throws IOException, InterruptedException {
        return new Pooler(clusters, main).pause();
    }

    private static Sessions sessions(PostgresServer side) throws SQLException {
        return new Sessions(side, side.everyDatabase());
    }

    /** What has failed is told also where this fails. */
    private void reopen(Roles roles, Exception why) throws IOException, InterruptedException {
        try {
            reopen(roles);
        } catch (PortTaken e) {
            // Whoever goes on waits for it.
            why.addSuppressed(e);
        } catch (IOException e) {
            throw new IOException(why.getMessage() + "; " + e.getMessage(), why);
        }
    }

    /** The old server serves as before. */
    public void reopen(Roles roles) throws IOException, InterruptedException {
        // Also where it does not start at once: whoever has its port or its memory may give it back.
        clusters.supervisor().watch(main.key(), roles.serving().postmaster());
        try {
            roles.serving().ensureRunning();
            new ConnectionGate(roles.serving()).open(roles.limits());
            archiver.begin(main);
        } catch (SQLException | OperationFailed e) {
            throw new IOException("the cluster " + main.id() + " could not be opened again: " + e.getMessage(), e);
        }
    }

    /** Undoes what was exchanged, for a new server that does not come up: nobody has written to it. */
    public void putBack(Roles roles, ClusterSpec before) throws IOException, InterruptedException, SQLException {
        exchange.putBack(roles, before);
        reopen(roles);
    }
}
