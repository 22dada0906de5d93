package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.standby.Follower;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Waits until every node of a cluster follows its primary. Who makes them goes on by himself: only looked at from here. */
final class FollowerWait {

    private static final Duration GLANCE = Duration.ofMillis(200);
    /** What fails so often in a row will not get better by itself. */
    private static final int MOST_FAILURES = 3;

    private FollowerWait() {}

    /** Asks for them, where that has not been done. */
    static void ask(StandbyKeeper keeper, ClusterFolder folder, ClusterSpec wish) throws IOException {
        ClusterFolder.Manifest manifest = folder.manifest().orElseThrow();
        List<Integer> ports = Configuration.followerPorts(wish);
        if (manifest.standbys().size() != ports.size()) {
            folder.write(manifest.withFollowersAt(ports));
        }
        keeper.look(folder);
    }

    /**
     * @param undone what becomes of it when one cannot be made, as a sentence
     * @return empty when all follow
     */
    static Optional<Next> look(StandbyKeeper keeper, ClusterFolder folder, String undone) throws IOException {
        List<Follower> followers = keeper.followers(folder);
        for (Follower follower : followers) {
            if (follower.failures() >= MOST_FAILURES) {
                throw new OperationFailed("a standby node cannot be made: " + follower.why() + ". " + undone);
            }
        }
        if (followers.stream().allMatch(follower -> follower.state() == Follower.State.FOLLOWING)) {
            return Optional.empty();
        }
        return Optional.of(Next.waitFor(
                GLANCE,
                followers.stream()
                        .filter(follower -> follower.state() != Follower.State.FOLLOWING)
                        .map(Follower::words)
                        .collect(Collectors.joining("; "))));
    }
}
