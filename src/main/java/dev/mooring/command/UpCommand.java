package dev.mooring.command;

import dev.mooring.start.Mooring;
import picocli.CommandLine.Command;

/** Here for its help: {@link dev.mooring.command.Command} starts it without reading the others. */
@Command(
        name = "up",
        description = "Starts Mooring and stays: settings are environment variables. Without a command the same.",
        mixinStandardHelpOptions = true)
final class UpCommand implements Runnable {

    @Override
    public void run() {
        Mooring.main(new String[0]);
    }
}
