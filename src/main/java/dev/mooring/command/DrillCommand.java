package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.Follower;
import dev.mooring.command.remote.MooringApi;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "drill",
        description =
                "Proves that a cluster can be recovered: restores it aside, reads every table, throws that away, and prints"
                        + " the receipt.",
        mixinStandardHelpOptions = true)
final class DrillCommand implements Callable<Integer> {

    @Parameters(paramLabel = "NAME", description = "Name or id of the cluster.")
    private String name;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure {
        MooringApi api = Common.api();
        String id = api.cluster(name).path("id").asText();
        JsonNode queued = api.post("/mooring/v1/databases/" + id + "/drills", MooringApi.object())
                .path("operation");
        JsonNode done = new Follower(api, System.err).follow(queued.path("id").asText());
        Common.print(common.json() ? done : done.path("receipt"));
        return 0;
    }
}
