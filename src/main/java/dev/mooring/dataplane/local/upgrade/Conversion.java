package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.dataplane.local.upgrade.server.ConnectionGate;
import dev.mooring.dataplane.local.upgrade.server.DiskRoom;
import dev.mooring.dataplane.local.upgrade.server.PgUpgrade;
import dev.mooring.dataplane.local.upgrade.server.PhysicalCopy;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.TargetServer;
import dev.mooring.process.postgres.Initdb;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Makes a server of a newer major version out of a physical copy of the one that serves: everything that is in it comes along,
 * because nothing is named. The server that serves is only read.
 */
public final class Conversion {

    private static final Duration STOP_LIMIT = Duration.ofMinutes(2);
    private static final Duration REPLAY_LIMIT = Duration.ofSeconds(30);

    private final LocalClusters clusters;
    private final ClusterSpec wish;
    private final PostgresServer serving;
    private final PostgresServer old;
    private final PostgresServer coming;
    private final PhysicalCopy copy;
    private final boolean kept;

    /**
     * @param wish of the new version
     * @param old the copy, of the old version
     * @param coming the server that is made of it
     * @param kept whether that is used; else nothing waits for the disk
     */
    public Conversion(
            ClusterSpec wish, PostgresServer serving, PostgresServer old, PostgresServer coming, boolean kept) {
        this.clusters = serving.clusters();
        this.wish = wish;
        this.serving = serving;
        this.old = old;
        this.coming = coming;
        this.copy = new PhysicalCopy(serving, old, kept);
        this.kept = kept;
    }

    /** The copy, which follows, and an empty server of the new version, which does not run. Replaces what an earlier try has left. */
    public void prepare(CopyProgress progress) throws IOException, SQLException, InterruptedException {
        remove();
        // pg_upgrade's own restore holds a lock on everything that it makes, and its dump on every table.
        Map<String, String> ofCopy = own(Map.of(PostgresServer.LOCKS, serving.locksForAll()));
        Map<String, String> ofComing = own(Map.of(
                PostgresServer.LOCKS, serving.locksToRestore(coming.engine().major())));
        room().require();
        room().during(
                        () -> {
                            clusters.makeFolders(coming.folder());
                            Initdb.run(
                                    coming.engine(),
                                    coming.folder().data(),
                                    coming.password(),
                                    clusters.account(),
                                    "--no-sync");
                            new TargetServer(clusters, wish, coming).configure(ofComing);
                            copy.make(ofCopy, progress);
                            return copy;
                        },
                        // It looks itself, before each file.
                        () -> {});
    }

    private Map<String, String> own(Map<String, String> settings) {
        Map<String, String> own = new HashMap<>(settings);
        if (!kept) {
            own.put("fsync", "off");
        }
        return own;
    }

    /** Whether the copy follows; the server that serves must run. */
    public boolean prepared() throws SQLException {
        return copy.follows();
    }

    /** Bytes of WAL that the copy is behind. */
    public long behind() throws SQLException, IOException, InterruptedException {
        old.ensureRunning();
        return copy.behind();
    }

    /** What a stop would have to write is written before anybody waits for it. */
    public void checkpoint() throws SQLException {
        old.checkpoint();
    }

    /** While nobody can write and the server that serves is still up. */
    public void takeLeave(PostgresServer closed) throws SQLException, InterruptedException {
        LastTransfer.refusePrepared(closed);
        copy.catchUp(REPLAY_LIMIT);
        copy.release();
    }

    /**
     * Parts the copy from the server that serves: what is committed from here on is kept there to be fetched.
     *
     * @param name of the replication
     * @param waiting is told for whose transactions it waits; answers whether to go on
     * @throws CopyProgress.Stopped when the listener wants no more
     */
    public Fork fork(String name, Predicate<String> waiting) throws IOException, SQLException, InterruptedException {
        List<String> databases = followed();
        Replication there = new Replication(serving, coming, name, databases);
        there.publish(waiting);
        copy.stop();
        Carried carried = Carried.now(serving);
        String position = there.open(waiting);
        copy.promoteAt(position);
        copy.release();
        // First: what is done in the copy takes numbers of transactions that the server that serves gives to others.
        Definitions definitions = Definitions.of(old).withoutFiles();
        ReplicationEnd.forget(old, name);
        return new Fork(position, databases, definitions, carried);
    }

    private List<String> followed() throws SQLException {
        List<String> databases = new ArrayList<>(serving.everyDatabase());
        databases.remove("template1");
        return databases;
    }

    /**
     * @param definitions in the new server
     * @param notes what was done with it, in words
     */
    public record Converted(Definitions definitions, List<String> notes) {}

    /**
     * Afterwards the new server is whole, and down.
     *
     * @param limits how many connections each database takes
     * @param down whether the server that served is, so that its unlogged tables can be brought
     * @param timeline of the new server's WAL
     * @throws dev.mooring.dataplane.local.upgrade.server.DiskFull when there is no room for it
     */
    public Converted convert(Map<String, Integer> limits, boolean down, int timeline)
            throws IOException, SQLException, InterruptedException {
        return room().during(() -> make(limits, down, timeline), () -> {
            PgUpgrade.fence(clusters, old);
            old.postmaster().fence();
            coming.postmaster().fence();
        });
    }

    private DiskRoom room() {
        return new DiskRoom(serving.folder().root());
    }

    private Converted make(Map<String, Integer> limits, boolean down, int timeline)
            throws IOException, SQLException, InterruptedException {
        copy.promote();
        new ConnectionGate(old).open(limits);
        List<String> closed = allowConnections();
        boolean encodings = PgUpgrade.setsEncodings(old);
        List<String> unlogged = down ? unlogged() : List.of();
        List<DomainChecks.Check> checks = DomainChecks.takeAway(old);
        Optional<Administration> administration = Administration.across(old, coming);
        copy.stop();
        copy.bringUnlogged(unlogged);
        PgUpgrade program = new PgUpgrade(old, coming, kept, encodings);
        program.run();
        program.beginTimeline(timeline);
        new TargetServer(clusters, wish, coming).configure(own(Map.of()));
        coming.ensureRunning();
        DomainChecks.giveBack(coming, checks);
        List<String> notes = new ArrayList<>(finish(closed, administration));
        notes.addAll(new Aftercare(coming).updateExtensions());
        Converted converted = new Converted(Definitions.of(coming), notes);
        coming.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
        coming.postmaster().fence();
        return converted;
    }

    /** pg_upgrade refuses databases that nobody may connect to. */
    private List<String> allowConnections() throws SQLException {
        try (Connection connection = old.open("postgres")) {
            List<String> closed = PostgresServer.strings(
                    connection,
                    "select datname from pg_catalog.pg_database where not datallowconn and datname <> 'template0'");
            for (String database : closed) {
                PostgresServer.execute(
                        connection,
                        "alter database " + PostgresServer.identifier(database) + " allow_connections true");
            }
            return closed;
        }
    }

    private List<String> unlogged() throws SQLException, InterruptedException {
        List<String> files = new ArrayList<>();
        old.inEach(
                old.everyDatabase(),
                (connection, database) -> files.addAll(PostgresServer.strings(
                        connection,
                        "select pg_catalog.pg_relation_filepath(oid) from pg_catalog.pg_class where relpersistence = 'u'"
                                + " and relkind in ('r', 'i', 't', 'm', 'S')")));
        return files;
    }

    /** @return what is not as before, in words */
    private List<String> finish(List<String> closed, Optional<Administration> administration) throws SQLException {
        try (Connection connection = coming.open("postgres")) {
            for (String database : closed) {
                PostgresServer.execute(
                        connection,
                        "alter database " + PostgresServer.identifier(database) + " allow_connections false");
            }
            // A new version comes with roles of its own.
            ServerRoles.settle(
                    connection,
                    wish.users().stream().map(ClusterSpec.User::name).toList());
            return administration.isPresent() ? administration.get().keep(connection) : List.of();
        }
    }

    /** The new server is in its place, or is not wanted any more: the copy goes. */
    public void removeCopy() throws IOException, SQLException, InterruptedException {
        PgUpgrade.fence(clusters, old);
        copy.remove();
    }

    /** Gives back the room that both take, also where nothing else can be done before. */
    public void removeFiles() throws IOException, InterruptedException {
        PgUpgrade.fence(clusters, old);
        copy.removeFiles();
        TargetServer.remove(clusters, coming);
    }

    /** Leaves nothing of either. */
    public void remove() throws IOException, SQLException, InterruptedException {
        removeCopy();
        TargetServer.remove(clusters, coming);
    }
}
