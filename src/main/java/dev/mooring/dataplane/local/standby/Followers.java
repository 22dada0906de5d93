package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.node.FollowerFiles;
import dev.mooring.dataplane.local.standby.node.FollowerPlace;
import dev.mooring.dataplane.local.standby.node.Standby;
import dev.mooring.dataplane.local.standby.node.SwapIntent;
import dev.mooring.dataplane.local.standby.takeover.Heirs;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/** The followers of one cluster that may take its primary's place. */
final class Followers extends Looks {

    private static final Logger LOG = Logger.getLogger(Followers.class);
    private static final int MOST = 8;

    private final LocalClusters clusters;
    private final Commits commits;
    private final ClusterFolder main;
    private final Map<Integer, Node> each = new ConcurrentHashMap<>();
    private int rounds;

    Followers(LocalClusters clusters, Commits commits, ClusterFolder main) {
        super(main);
        this.clusters = clusters;
        this.commits = commits;
        this.main = main;
    }

    @Override
    void wake() {
        super.wake();
        each.values().forEach(Node::wake);
    }

    @Override
    void stop() {
        super.stop();
        each.values().forEach(Node::stop);
    }

    @Override
    void end() throws InterruptedException {
        super.end();
        for (Node node : each.values()) {
            node.end();
        }
    }

    /** Each in a thread of its own: one that is copied for an hour keeps nobody from seeing what the other one does. */
    private final class Node extends Looks {

        private final FollowerCare care;

        Node(int slot) {
            super(main);
            this.care = new FollowerCare(clusters, slot, () -> !ended());
        }

        @Override
        void wake() {
            super.wake();
            care.wake();
        }

        @Override
        boolean lookOnce() throws IOException, SQLException, InterruptedException {
            ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
            Optional<ClusterFolder.Standby> wanted = manifest.standbys().stream()
                    .filter(one -> one.slot() == care.slot())
                    .findFirst();
            if (wanted.isEmpty()) {
                return false;
            }
            boolean settled = care.seeTo(standby(manifest, wanted.get()));
            letCommitsWait();
            return settled;
        }
    }

    private Standby standby(ClusterFolder.Manifest manifest, ClusterFolder.Standby one) {
        return new Standby(
                clusters, main, manifest, FollowerPlace.of(main, one), care(one).taken());
    }

    /** Whether there is a node that may take a lost primary's place. */
    boolean anyMayTakeOver() {
        return each.values().stream().anyMatch(node -> node.care.role().mayTakeOver());
    }

    /** Whether there is a folder of a follower. */
    static boolean anything(ClusterFolder main) {
        return IntStream.rangeClosed(1, MOST)
                .anyMatch(slot -> Files.exists(main.standby(slot).root()));
    }

    /** Whether one has begun to take the primary's place: nobody else may have that before it has ended. */
    boolean anyBegun() {
        return SwapIntent.isThere(main);
    }

    /** Whether there are files of followers, whatever is known of them. */
    boolean anyLeft() {
        return IntStream.rangeClosed(1, MOST).anyMatch(slot -> FollowerFiles.areThere(main.standby(slot)));
    }

    /** The one that takes a lost primary's place. */
    Optional<ClusterFolder.Standby> heir(ClusterFolder.Manifest manifest) throws IOException, InterruptedException {
        List<ClusterFolder.Standby> there = manifest.standbys().stream()
                .filter(standby -> FollowerFiles.areThere(main.standby(standby.slot())))
                .toList();
        return new Heirs(clusters, main, manifest)
                .closest(
                        there.stream()
                                .filter(standby -> role(standby).mayTakeOver())
                                .toList(),
                        there.stream()
                                .filter(standby -> mayTakeOverAtLast(role(standby)))
                                .toList());
    }

    private NodeRole role(ClusterFolder.Standby standby) {
        Node node = each.get(standby.slot());
        return node == null ? NodeRole.ABSENT : node.care.role();
    }

    /** Where the primary does not start any more, and there is no better one. */
    private static boolean mayTakeOverAtLast(NodeRole role) {
        // Nobody has looked at its files as long as the primary did not start.
        NodeRole found = role == NodeRole.ABSENT ? NodeRole.Change.FOUND.of(role) : role;
        return found.mayTakeOver() || NodeRole.Change.TAKE_OVER_AT_LAST.begins(found);
    }

    /** What each does now. */
    List<Follower> seen(ClusterFolder.Manifest manifest) {
        List<Follower> now = manifest.standbys().stream()
                .map(one -> care(one).seen(standby(manifest, one)))
                .toList();
        if (!now.stream().allMatch(one -> one.state() == Follower.State.FOLLOWING)) {
            // Somebody asks: the next look is not to be long in coming.
            super.wake();
        }
        return now;
    }

    /** The primary is another one, and the one that it was is in that follower's folder. */
    void placesChanged(int slot) {
        Node node = each.get(slot);
        if (node != null) {
            node.care.placeTaken();
        }
        each.values().forEach(Looks::forgetFailures);
        forgetFailures();
        wake();
        try {
            letCommitsWait();
        } catch (IOException e) {
            LOG.warnf("cluster %s: for whom commits wait is looked at again: %s", main.id(), e.getMessage());
        }
    }

    private FollowerCare care(ClusterFolder.Standby one) {
        return node(one).care;
    }

    private Node node(ClusterFolder.Standby one) {
        return each.computeIfAbsent(one.slot(), Node::new);
    }

    @Override
    boolean lookOnce() throws IOException, SQLException, InterruptedException {
        Optional<ClusterFolder.Manifest> known = main.manifest();
        if (known.isEmpty()) {
            return false;
        }
        ClusterFolder.Manifest manifest = known.get();
        removeOthers(manifest);
        if (SwapIntent.read(main).isPresent()
                || !clusters.postmaster(main, manifest).ready()) {
            return false;
        }
        // Not only after each look at a node, which may take as long as a copy does.
        letCommitsWait();
        if (manifest.standbys().isEmpty()) {
            return false;
        }
        boolean everyone = settled() || rounds++ % StandbyKeeper.SELDOM == 0;
        List<Node> nodes = manifest.standbys().stream().map(this::node).toList();
        nodes.stream().filter(node -> everyone || !node.settled()).forEach(Node::look);
        return nodes.stream().allMatch(Node::settled);
    }

    /**
     * For those that follow, if the configuration asks for it, and for those that did and are about to do so again: with neither
     * nothing could be committed at all.
     */
    private synchronized void letCommitsWait() throws IOException {
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        List<FollowerCare> following = manifest.standbys().stream()
                .map(this::care)
                .filter(FollowerCare::follows)
                .toList();
        if (!following.isEmpty() && following.stream().noneMatch(FollowerCare::synchronous)) {
            commits.waitFor(main.id(), List.of(), List.of());
            return;
        }
        commits.waitFor(
                main.id(),
                manifest.standbys().stream()
                        .filter(one -> care(one).follows())
                        .map(one -> FollowerPlace.of(main, one).connection())
                        .toList(),
                manifest.standbys().stream()
                        .filter(one -> care(one).expected(standby(manifest, one)))
                        .map(one -> FollowerPlace.of(main, one).connection())
                        .toList());
    }

    /** Those that the manifest names no more. */
    private void removeOthers(ClusterFolder.Manifest manifest) throws IOException, SQLException, InterruptedException {
        Set<Integer> wanted =
                manifest.standbys().stream().map(ClusterFolder.Standby::slot).collect(Collectors.toSet());
        for (int slot : IntStream.rangeClosed(1, MOST)
                .filter(slot -> !wanted.contains(slot))
                .toArray()) {
            if (Files.exists(main.standby(slot).root())) {
                Node gone = each.remove(slot);
                if (gone != null) {
                    gone.end();
                }
                FollowerPlace place = FollowerPlace.of(main, new ClusterFolder.Standby(slot, "", 0));
                new Standby(clusters, main, manifest, place, new AtomicReference<>()).remove();
            }
        }
    }
}
