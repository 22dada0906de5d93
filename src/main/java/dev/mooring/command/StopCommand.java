package dev.mooring.command;

import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.home.HomeLock;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "stop",
        description =
                "Ends the Mooring of this machine's home folder. Its databases go on, unless they are to be stopped too; the"
                        + " next start takes over what runs and starts what does not.",
        mixinStandardHelpOptions = true)
final class StopCommand implements Callable<Integer> {

    private static final Duration MOORING_LIMIT = Duration.ofSeconds(60);

    @Option(names = "--databases", description = "Stop the database servers, too.")
    private boolean databases;

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        MooringHome home = Common.home();
        boolean ran = mooring(home);
        System.out.println(ran ? "Mooring has ended." : "No Mooring runs on " + home.root() + ".");
        if (databases) {
            int stopped = HomeServers.stop(home);
            System.out.println(stopped == 1 ? "1 server was stopped." : stopped + " servers were stopped.");
        }
        return 0;
    }

    /** @return whether there was one */
    static boolean mooring(MooringHome home) throws Failure, IOException, InterruptedException {
        Optional<ProcessHandle> holder = HomeLock.holder(home);
        if (holder.isEmpty()) {
            return false;
        }
        ProcessHandle process = holder.get();
        if (!process.destroy()) {
            throw new Failure("process " + process.pid() + " cannot be ended by this account");
        }
        try {
            process.onExit().get(MOORING_LIMIT.toSeconds(), TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            throw new Failure("process " + process.pid() + " has not ended within " + MOORING_LIMIT.toSeconds()
                    + " s; its log says what it waits for");
        }
    }
}
