package dev.mooring.command;

import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "console",
        description = "Prints a link that signs in to the console in the browser, once and within a minute.",
        mixinStandardHelpOptions = true)
final class ConsoleCommand implements Callable<Integer> {

    @Override
    public Integer call() throws Failure {
        System.out.println(Common.api()
                .post("/mooring/v1/console/links", MooringApi.object())
                .path("console_link")
                .path("url")
                .asText());
        return 0;
    }
}
