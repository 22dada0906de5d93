package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.Follower;
import dev.mooring.command.remote.MooringApi;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "restore",
        description = "Makes a new cluster with what another one held at a moment. The other one is not touched.",
        mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {

    @Parameters(
            paramLabel = "NAME",
            description = "Name or id of the cluster to recover; also of a deleted one, by name.")
    private String name;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "The moment, such as 2026-11-24T21:41:18Z (default: everything that is committed).")
    private String at;

    @Option(names = "--as", paramLabel = "NEW", required = true, description = "Name of the new cluster.")
    private String as;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure {
        MooringApi api = Common.api();
        JsonNode source = source(api);
        ObjectNode request = MooringApi.object();
        for (String same : new String[] {"engine", "version", "size", "region"}) {
            if (source.hasNonNull(same)) {
                request.put(same, source.path(same).asText());
            }
        }
        request.put("name", as).put("num_nodes", source.path("num_nodes").asInt(1));
        ObjectNode restore = request.putObject("backup_restore")
                .put("database_name", source.path("name").asText());
        if (at != null) {
            restore.put("backup_created_at", at);
        }
        JsonNode made = api.post("/v2/databases", request).path("database");
        Follower follower = new Follower(api, System.err);
        JsonNode operation = follower.newest(made.path("id").asText());
        follower.follow(operation.path("id").asText());
        JsonNode ready = api.get("/v2/databases/" + made.path("id").asText()).path("database");
        if (common.json()) {
            Common.print(ready);
        } else {
            System.out.println(ready.path("connection").path("uri").asText());
        }
        return 0;
    }

    private JsonNode source(MooringApi api) throws Failure {
        try {
            return api.cluster(name);
        } catch (Failure gone) {
            for (JsonNode deleted : api.get("/mooring/v1/databases/deleted").path("databases")) {
                if (deleted.path("name").asText().equals(name)
                        || deleted.path("id").asText().equals(name)) {
                    return deleted;
                }
            }
            throw gone;
        }
    }
}
