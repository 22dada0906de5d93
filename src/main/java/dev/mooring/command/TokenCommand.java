package dev.mooring.command;

import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.Installation;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "token",
        description = "Prints the token that the other commands use, and what clients need to use it.",
        mixinStandardHelpOptions = true)
final class TokenCommand implements Callable<Integer> {

    @Override
    public Integer call() throws Failure {
        Installation installation = Installation.configured(Common.home());
        System.out.println("export DIGITALOCEAN_API_URL=" + installation.url() + " DIGITALOCEAN_ACCESS_TOKEN="
                + installation.token());
        return 0;
    }
}
