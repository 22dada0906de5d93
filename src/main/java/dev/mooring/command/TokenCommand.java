package dev.mooring.command;

import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.Installation;
import dev.mooring.command.remote.MooringApi;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "token",
        description = "Prints the token that the other commands use, and what clients need to use it.",
        mixinStandardHelpOptions = true)
final class TokenCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure {
        Installation installation = Installation.configured(Common.home());
        if (common.json()) {
            Common.print(MooringApi.object().put("url", installation.url()).put("token", installation.token()));
            return 0;
        }
        System.out.println("export DIGITALOCEAN_API_URL=" + installation.url() + " DIGITALOCEAN_ACCESS_TOKEN="
                + installation.token());
        return 0;
    }
}
