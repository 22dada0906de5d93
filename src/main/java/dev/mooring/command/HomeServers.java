package dev.mooring.command;

import dev.mooring.command.remote.Failure;
import dev.mooring.dataplane.local.watch.WatchProcess;
import dev.mooring.home.HomeLock;
import dev.mooring.home.MooringHome;
import dev.mooring.process.RunningServers;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The servers of a home folder whose Mooring has ended. */
final class HomeServers {

    private static final Duration LIMIT = Duration.ofSeconds(90);

    private HomeServers() {}

    /**
     * Stops all of them, and keeps any Mooring from starting meanwhile.
     *
     * @return how many
     */
    static int stop(MooringHome home) throws Failure, IOException, InterruptedException {
        if (!Files.isDirectory(home.root())) {
            return 0;
        }
        try {
            HomeLock.take(home);
        } catch (IllegalStateException e) {
            throw new Failure(e.getMessage());
        }
        List<RunningServers> servers = new ArrayList<>();
        try {
            WatchProcess.retire(home);
            servers.addAll(RunningServers.below(home.clusters()));
            servers.addAll(RunningServers.below(home.drills()));
            servers.addAll(RunningServers.below(home.metadata()));
            RunningServers.stop(servers, LIMIT);
        } catch (IOException e) {
            throw new Failure(e.getMessage());
        }
        return servers.size();
    }
}
