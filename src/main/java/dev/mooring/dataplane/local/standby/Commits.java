package dev.mooring.dataplane.local.standby;

import java.util.List;
import java.util.UUID;

/** Who lets commits of a cluster wait. */
@FunctionalInterface
public interface Commits {

    /**
     * Until one of these nodes has them.
     *
     * @param following nodes that get the WAL, by the names under which they follow
     * @param expected nodes that do not at the moment and will in one: where commits wait for them already they go on to
     */
    void waitFor(UUID cluster, List<String> following, List<String> expected);
}
