package dev.mooring.dataplane.local.standby.takeover;

import dev.mooring.dataplane.local.archive.WaitedFor;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.node.FollowerFiles;
import dev.mooring.dataplane.local.standby.node.FollowerPlace;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Which node takes a lost primary's place. As long as the primary's WAL is there every one of them comes to the same end, and the one that
 * has least to replay is the quickest. Where the WAL is lost what counts is who has received most of it.
 */
public record Heirs(LocalClusters clusters, ClusterFolder main, ClusterFolder.Manifest manifest) {

    private static final Logger LOG = Logger.getLogger(Heirs.class);
    private static final Duration ANSWER_LIMIT = Duration.ofMillis(300);
    /** For a server to start, and to replay what it has. */
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private static final Duration GLANCE = Duration.ofMillis(20);

    /** What is received is on its disk. A server that has been started since knows only what it has replayed. */
    private static final String POSITION = "select coalesce(greatest(pg_catalog.pg_last_wal_receive_lsn(),"
            + " pg_catalog.pg_last_wal_replay_lsn()) - '0/0', 0)::bigint";

    private static final String AT_ITS_END = "select pg_catalog.count(*) from pg_catalog.pg_stat_activity"
            + " where backend_type = 'startup'"
            + " and wait_event in ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream')";

    /**
     * @param seen those that were seen to follow
     * @param found those whose files are here, to be asked where there is no other
     */
    public Optional<ClusterFolder.Standby> closest(List<ClusterFolder.Standby> seen, List<ClusterFolder.Standby> found)
            throws IOException, InterruptedException {
        if (!Files.isDirectory(main.data().resolve("pg_wal"))) {
            return furthest();
        }
        List<ClusterFolder.Standby> able = seen.isEmpty() ? ableToGoOn(found) : seen;
        return able.size() == 1
                ? Optional.of(able.getFirst())
                : able.stream()
                        .max(Comparator.comparingLong(one -> position(one).orElse(-1)));
    }

    /** Of one that was not seen to follow, nobody knows whether the primary has kept WAL for it. */
    private List<ClusterFolder.Standby> ableToGoOn(List<ClusterFolder.Standby> found) throws InterruptedException {
        List<ClusterFolder.Standby> able = new ArrayList<>();
        for (ClusterFolder.Standby one : found) {
            String reason = "there is not all WAL from where it would begin";
            try {
                if (WalChain.leadsOn(main.standby(one.slot()).data(), main.data())) {
                    able.add(one);
                    continue;
                }
            } catch (IOException broken) {
                reason = broken.toString();
            }
            LOG.warnf("cluster %s: %s cannot take the primary's place: %s", main.id(), one.name(), reason);
        }
        return able;
    }

    /**
     * What a commit waited for may be the only one that has it: none of them may be left out, and each is started to be asked.
     *
     * @throws IOException when one for which commits waited does not answer: then nobody takes the place
     */
    private Optional<ClusterFolder.Standby> furthest() throws IOException, InterruptedException {
        Map<ClusterFolder.Standby, Long> positions = new HashMap<>();
        List<ClusterFolder.Standby> all = manifest.standbys().stream()
                .filter(one -> FollowerFiles.areThere(main.standby(one.slot())))
                .toList();
        if (all.size() == 1) {
            return Optional.of(all.getFirst());
        }
        WaitedFor waited = new CommitsAfter(clusters, main).of(manifest, all);
        for (ClusterFolder.Standby one : all) {
            OptionalLong position = finalPosition(one);
            if (position.isPresent()) {
                positions.put(one, position.getAsLong());
            } else if (waited.nodes().contains(FollowerPlace.connection(main.standby(one.slot())))) {
                throw new IOException("the WAL of the primary is lost, and commits may be that only " + one.name()
                        + " has, whose server does not start: nobody takes the primary's place before it does");
            }
        }
        return positions.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    }

    private PostgresServer server(ClusterFolder.Standby standby) throws IOException {
        return new PostgresServer(
                clusters,
                main.standby(standby.slot()),
                clusters.engines().engine(manifest.major(), manifest.version()),
                standby.port(),
                clusters.vault().unseal(manifest.superuserSecret()));
    }

    /** In the WAL; empty for a server that does not say. */
    private OptionalLong position(ClusterFolder.Standby standby) {
        try (Connection connection = server(standby).open("postgres")) {
            connection.setNetworkTimeout(Runnable::run, (int) ANSWER_LIMIT.toMillis());
            return OptionalLong.of(PostgresServer.number(connection, POSITION));
        } catch (SQLException | IOException silent) {
            return OptionalLong.empty();
        }
    }

    /** The same when it has replayed all that it has. */
    private OptionalLong finalPosition(ClusterFolder.Standby standby) throws InterruptedException {
        Instant end = Instant.now().plus(START_LIMIT);
        try {
            PostgresServer server = server(standby);
            Postmaster postmaster = server.postmaster();
            start(main.standby(standby.slot()), postmaster);
            try (Connection connection = SuperuserConnection.await(
                    clusters.reach(), standby.port(), "postgres", server.password(), START_LIMIT, postmaster::alive)) {
                while (connection != null && PostgresServer.number(connection, AT_ITS_END) == 0) {
                    if (Instant.now().isAfter(end)) {
                        return OptionalLong.empty();
                    }
                    Thread.sleep(GLANCE);
                }
                return connection == null
                        ? OptionalLong.empty()
                        : OptionalLong.of(PostgresServer.number(connection, POSITION));
            }
        } catch (SQLException | IOException silent) {
            LOG.warnf("cluster %s: %s does not say how far it is: %s", main.id(), standby.name(), silent.getMessage());
            return OptionalLong.empty();
        }
    }

    private void start(ClusterFolder folder, Postmaster postmaster) throws IOException, InterruptedException {
        ReentrantLock lock = clusters.supervisor().lock(folder.key());
        lock.lockInterruptibly();
        try {
            if (!postmaster.alive()) {
                postmaster.fence();
                postmaster.start();
            }
        } finally {
            lock.unlock();
        }
    }
}
