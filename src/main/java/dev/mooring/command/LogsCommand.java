package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.command.terminal.Table;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "logs",
        description = "Prints the end of the log of a cluster's server.",
        mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {

    private static final long PAUSE_MS = 500;

    @Parameters(paramLabel = "NAME", description = "Name or id of the cluster.")
    private String name;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what is written, until interrupted.")
    private boolean follow;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            defaultValue = "100",
            description = "How many, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int lines;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure, InterruptedException {
        MooringApi api = Common.api();
        String path = "/mooring/v1/databases/" + api.cluster(name).path("id").asText() + "/logs?lines=" + lines;
        JsonNode log = api.get(path).path("log");
        print(log);
        while (follow) {
            String next = log.path("next").asText("");
            if (log.path("lines").isEmpty()) {
                Thread.sleep(PAUSE_MS);
            }
            log = api.get(next.isEmpty() ? path : path + "&after=" + MooringApi.encode(next))
                    .path("log");
            print(log);
        }
        return 0;
    }

    /** As JSON each part of what is followed is a document of its own, in a line where there are several. */
    private void print(JsonNode log) {
        if (common.json()) {
            if (!follow) {
                Common.print(log);
            } else if (!log.path("lines").isEmpty()) {
                System.out.println(log);
            }
            return;
        }
        log.path("lines").forEach(line -> System.out.println(Table.plain(line.asText())));
    }
}
