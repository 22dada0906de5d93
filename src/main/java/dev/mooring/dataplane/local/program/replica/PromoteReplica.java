package dev.mooring.dataplane.local.program.replica;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.PromotionFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.OutsideTies;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.postgres.ClosedDatabases;
import dev.mooring.dataplane.local.postgres.ControlFile;
import dev.mooring.dataplane.local.postgres.SystemIdentifier;
import dev.mooring.dataplane.local.program.ClusterProgram;
import dev.mooring.dataplane.local.program.InitialStart;
import dev.mooring.dataplane.local.standby.ReadOnlySpec;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.upgrade.server.PhysicalCopy;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.postgres.Postmaster;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Makes a cluster of its own of a read-only node: same address, same data, an identity and an archive of its own. What the primary had
 * committed when this began comes along, unless the primary does not answer any more. Until the node is promoted it can go back to following;
 * after that it could only be copied afresh, and is when this fails.
 */
@Singleton
public class PromoteReplica extends ClusterProgram<PromoteReplica.Steps, PromotionFacts> {

    public enum Steps implements Step {
        CATCH_UP("Replaying what the primary has committed"),
        PROMOTE("Ending to follow"),
        SWITCH_OFF("Switching off what would reach servers elsewhere"),
        START("Starting PostgreSQL under its own identity"),
        SET_UP("Setting users and passwords"),
        ROLL_BACK("Following again");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public boolean cancellable() {
            return this == CATCH_UP;
        }
    }

    private static final Logger LOG = Logger.getLogger(PromoteReplica.class);
    private static final Duration GLANCE = Duration.ofMillis(50);
    private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final long NO_PRIMARY = -1;

    private final Archiver archiver;
    private final StandbyKeeper standbys;
    private final Clock clock;

    PromoteReplica(LocalClusters clusters, Archiver archiver, StandbyKeeper standbys, Clock clock) {
        super(Change.PROMOTE, Steps.class, Steps.ROLL_BACK, PromotionFacts.NONE, clusters);
        this.archiver = archiver;
        this.standbys = standbys;
        this.clock = clock;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, PromotionFacts> task) throws Exception {
        ClusterFolder folder = clusters.folder(task.wish().id());
        ClusterFolder.Manifest manifest = folder.manifest()
                .orElseThrow(() ->
                        new OperationFailed("the read-only node does not run here any more; nothing was changed"));
        PostgresServer server = PostgresServer.of(clusters, folder, manifest);
        return switch (step) {
            case CATCH_UP -> catchUp(task, folder, manifest, server);
            case PROMOTE -> promote(task, folder, manifest, server);
            case SWITCH_OFF -> switchOff(server);
            case START -> start(task, folder, manifest, server);
            case SET_UP -> setUp(task, folder, manifest);
            case ROLL_BACK -> followAgain(task, folder, manifest);
        };
    }

    private Next catchUp(
            Task<ClusterSpec, PromotionFacts> task,
            ClusterFolder folder,
            ClusterFolder.Manifest manifest,
            PostgresServer server)
            throws IOException, SQLException, InterruptedException {
        if (!standbys.readOnly().isWhole(folder)) {
            throw new OperationFailed(
                    "the read-only node is just being copied from its primary; nothing was changed. Try again when it follows");
        }
        if (task.facts().through() == null) {
            long through = written(task.wish());
            task.keep(new PromotionFacts(
                    manifest.major(),
                    manifest.version(),
                    through,
                    clock.instant().toString(),
                    List.of(),
                    null));
        }
        server.ensureRunning();
        long behind;
        try (Connection connection = server.open("postgres")) {
            behind = task.facts().requiredThrough()
                    - PostgresServer.number(
                            connection, "select coalesce(pg_catalog.pg_last_wal_replay_lsn() - '0/0', 0)::bigint");
        }
        if (behind <= 0) {
            return Next.go(Steps.PROMOTE);
        }
        if (clock.instant().isAfter(Instant.parse(task.facts().since()).plus(CATCH_UP_LIMIT))) {
            throw new OperationFailed(
                    "the read-only node is still " + behind + " bytes of WAL behind its primary after "
                            + CATCH_UP_LIMIT.toSeconds() + " s; it follows as before");
        }
        return Next.waitFor(GLANCE, behind + " bytes of the primary's WAL are to be replayed");
    }

    private long written(ClusterSpec wish) throws IOException {
        ClusterFolder main = clusters.folder(wish.requiredFollows());
        Optional<ClusterFolder.Manifest> primary = main.manifest();
        if (primary.isEmpty()) {
            return NO_PRIMARY;
        }
        try (Connection connection =
                PostgresServer.of(clusters, main, primary.get()).open("postgres")) {
            // A commit that is waited for writes out those that nobody waited for.
            PostgresServer.execute(connection, "select pg_catalog.pg_logical_emit_message(true, 'mooring', '')");
            return PostgresServer.number(connection, "select (pg_catalog.pg_current_wal_lsn() - '0/0')::bigint");
        } catch (SQLException away) {
            return NO_PRIMARY;
        }
    }

    private Next promote(
            Task<ClusterSpec, PromotionFacts> task,
            ClusterFolder folder,
            ClusterFolder.Manifest manifest,
            PostgresServer server)
            throws IOException, SQLException, InterruptedException {
        standbys.readOnly().forget(task.wish().id());
        clusters.supervisor().forget(folder.key());
        folder.write(manifest.withFollows(manifest.requiredFollows().withLeaving(true)));
        // Until the last step: clients of its pools go on when it serves.
        new Pooler(clusters, folder).pause();
        // Nobody new comes in before it has its own users and rules.
        clusters.writeData(folder, "pg_hba.conf", AccessRules.superuserOnly());
        server.ensureRunning();
        server.postmaster().reload();
        new PhysicalCopy(server, server).promote();
        standbys.readOnly().release(folder, task.wish().requiredFollows());
        try (Connection connection = server.open("postgres")) {
            if (task.facts().switchedOff().isEmpty()) {
                task.keep(task.facts().withSwitchedOff(ties(connection, server).find()));
            }
        }
        return Next.go(Steps.SWITCH_OFF);
    }

    private static OutsideTies ties(Connection connection, PostgresServer server) {
        return new OutsideTies(connection, server::open);
    }

    /** A step of its own: what was there to be switched off is written down before. */
    private static Next switchOff(PostgresServer server) throws IOException, SQLException, InterruptedException {
        server.ensureRunning();
        try (Connection connection = server.open("postgres")) {
            ties(connection, server).switchOff();
            // Of a moment at which an upgrade of the primary kept everybody out.
            new ClosedDatabases(connection).open();
        }
        return Next.go(Steps.START);
    }

    /** Another system identifier: otherwise its WAL would pass for the primary's. */
    private Next start(
            Task<ClusterSpec, PromotionFacts> task,
            ClusterFolder folder,
            ClusterFolder.Manifest manifest,
            PostgresServer server)
            throws IOException, SQLException, InterruptedException {
        server.ensureRunning();
        server.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
        server.postmaster().fence();
        if (!ControlFile.wasShutDown(folder.data())) {
            throw new IOException("the server was not shut down in peace");
        }
        SystemIdentifier.renew(folder.data());
        initial(task, manifest).start(() -> {});
        return Next.go(Steps.SET_UP);
    }

    private InitialStart initial(Task<ClusterSpec, PromotionFacts> task, ClusterFolder.Manifest manifest)
            throws IOException {
        return new InitialStart(
                clusters,
                task.wish().withVersion(manifest.major()),
                clusters.engines().engine(manifest.major(), manifest.version()));
    }

    private Next setUp(Task<ClusterSpec, PromotionFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException, SQLException, InterruptedException {
        initial(task, manifest).setUp(clusters.vault().unseal(manifest.superuserSecret()));
        Optional<String> poolsDown = openPools(task.wish(), folder);
        archiver.begin(folder);
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("followed", task.wish().follows());
        receipt.put("version", manifest.version());
        receipt.put("caught_up", task.facts().requiredThrough() != NO_PRIMARY);
        if (!task.facts().switchedOff().isEmpty()) {
            receipt.put("switched_off", task.facts().switchedOff());
        }
        poolsDown.ifPresent(why -> receipt.put("pools_down", why));
        return Next.done(receipt);
    }

    /** A cluster whose pools cannot be had is one all the same: its primary may be dead. */
    private Optional<String> openPools(ClusterSpec wish, ClusterFolder folder)
            throws IOException, SQLException, InterruptedException {
        Pooler pools = new Pooler(clusters, folder);
        try (Connection connection = clusters.open(wish, "postgres")) {
            pools.settle(wish, connection);
            pools.resume();
            return Optional.empty();
        } catch (OperationFailed e) {
            LOG.errorf("cluster %s: its pools are down: %s", wish.id(), e.getMessage());
            return Optional.of(e.getMessage());
        }
    }

    private Next followAgain(
            Task<ClusterSpec, PromotionFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException, InterruptedException {
        archiver.end(task.wish().id());
        folder.write(
                manifest.follows() == null
                        ? new ReadOnlySpec(clusters, standbys).manifest(task.wish())
                        : manifest.withFollows(manifest.follows().withLeaving(false)));
        standbys.readOnly().look(folder);
        new Pooler(clusters, folder).resume();
        return Next.done(null);
    }
}
