package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The followers of one cluster that may take its primary's place. */
final class Followers extends Looks {

    private static final int MOST = 8;
    private static final Duration ANSWER_LIMIT = Duration.ofMillis(300);

    private final LocalClusters clusters;
    private final BiConsumer<UUID, List<String>> commits;
    private final ClusterFolder main;
    private final Map<Integer, FollowerCare> each = new ConcurrentHashMap<>();

    Followers(LocalClusters clusters, BiConsumer<UUID, List<String>> commits, ClusterFolder main) {
        super(main);
        this.clusters = clusters;
        this.commits = commits;
        this.main = main;
    }

    @Override
    void wake() {
        super.wake();
        each.values().forEach(FollowerCare::wake);
    }

    /** Whether there is a node that may take a lost primary's place. */
    boolean anyMayTakeOver() {
        return each.values().stream().anyMatch(care -> care.role().mayTakeOver());
    }

    /** Whether there is a folder of a follower. */
    static boolean anything(ClusterFolder main) {
        return IntStream.rangeClosed(1, MOST)
                .anyMatch(slot -> Files.exists(main.standby(slot).root()));
    }

    /** Whether one has begun to take the primary's place: nobody else may have that before it has ended. */
    boolean anyBegun() {
        return RoleSwap.isBegun(main);
    }

    /** Whether there are files of followers, whatever is known of them. */
    boolean anyLeft() {
        return IntStream.rangeClosed(1, MOST).anyMatch(slot -> RoleSwap.canBe(main.standby(slot)));
    }

    /** The one that has least to replay before it can serve. */
    Optional<ClusterFolder.Standby> freshest(ClusterFolder.Manifest manifest) {
        boolean lastResort = !anyMayTakeOver();
        return manifest.standbys().stream()
                .filter(standby -> mayTakeOver(standby.slot(), lastResort))
                .filter(standby -> RoleSwap.canBe(main.standby(standby.slot())))
                .max(Comparator.comparingLong(standby -> replayed(manifest, standby)));
    }

    /** A position in the WAL; negative for a server that does not say. */
    private long replayed(ClusterFolder.Manifest manifest, ClusterFolder.Standby standby) {
        if (manifest.standbys().size() == 1) {
            return 0;
        }
        try (Connection connection = server(manifest, standby).open("postgres")) {
            connection.setNetworkTimeout(Runnable::run, (int) ANSWER_LIMIT.toMillis());
            return PostgresServer.number(
                    connection, "select coalesce(pg_catalog.pg_last_wal_receive_lsn() - '0/0', 0)::bigint");
        } catch (SQLException | IOException silent) {
            return -1;
        }
    }

    private PostgresServer server(ClusterFolder.Manifest manifest, ClusterFolder.Standby standby) throws IOException {
        return new PostgresServer(
                clusters,
                main.standby(standby.slot()),
                clusters.engines().engine(manifest.major(), manifest.version()),
                standby.port(),
                clusters.vault().unseal(manifest.superuserSecret()));
    }

    /** @param lastResort whether the primary does not start any more, and there is no better one */
    private boolean mayTakeOver(int slot, boolean lastResort) {
        NodeRole role = each.containsKey(slot) ? each.get(slot).role() : NodeRole.ABSENT;
        if (!lastResort) {
            return role.mayTakeOver();
        }
        // Nobody has looked at its files as long as the primary did not start.
        NodeRole found = role == NodeRole.ABSENT ? NodeRole.Change.FOUND.of(role) : role;
        return found.mayTakeOver() || NodeRole.Change.TAKE_OVER_AT_LAST.begins(found);
    }

    List<Follower> seen(List<ClusterFolder.Standby> standbys) {
        return standbys.stream().map(one -> care(one.slot()).seen()).toList();
    }

    private FollowerCare care(int slot) {
        return each.computeIfAbsent(slot, number -> new FollowerCare(clusters, number, () -> !ended()));
    }

    @Override
    boolean lookOnce() throws IOException, SQLException, InterruptedException {
        Optional<ClusterFolder.Manifest> known = main.manifest();
        if (known.isEmpty()) {
            return false;
        }
        ClusterFolder.Manifest manifest = known.get();
        removeOthers(manifest);
        if (RoleSwap.begun(main).isPresent()
                || !clusters.postmaster(main, manifest).ready()) {
            return false;
        }
        boolean all = true;
        for (ClusterFolder.Standby wanted : manifest.standbys()) {
            FollowerCare care = care(wanted.slot());
            all &= care.seeTo(new Standby(clusters, main, manifest, FollowerPlace.of(main, wanted), care.taken()));
        }
        commits.accept(main.id(), waitedFor(manifest));
        return all && !manifest.standbys().isEmpty();
    }

    /** By the names under which they follow. */
    private List<String> waitedFor(ClusterFolder.Manifest manifest) {
        boolean synchronous = each.values().stream().anyMatch(FollowerCare::synchronous);
        return manifest.standbys().stream()
                .filter(one -> synchronous && care(one.slot()).follows())
                .map(one -> FollowerPlace.of(main, one).connection())
                .toList();
    }

    /** Those that the manifest names no more. */
    private void removeOthers(ClusterFolder.Manifest manifest) throws IOException, SQLException, InterruptedException {
        Set<Integer> wanted =
                manifest.standbys().stream().map(ClusterFolder.Standby::slot).collect(Collectors.toSet());
        for (int slot : IntStream.rangeClosed(1, MOST)
                .filter(slot -> !wanted.contains(slot))
                .toArray()) {
            if (Files.exists(main.standby(slot).root())) {
                each.remove(slot);
                FollowerPlace place = FollowerPlace.of(main, new ClusterFolder.Standby(slot, "", 0));
                new Standby(clusters, main, manifest, place, new AtomicReference<>()).remove();
            }
        }
    }
}
