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

    @Parameters(paramLabel = "NAME", description = "Name or id of the cluster to recover, also of a deleted one.")
    private String name;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "The moment, such as 2026-11-24T21:41:18Z (default: everything that is committed).")
    private String at;

    @Option(names = "--as", paramLabel = "NEW", required = true, description = "Name of the new cluster.")
    private String as;

    @Option(
            names = "--region",
            paramLabel = "REGION",
            description = "Where it is put (default: with the other one; of a deleted one the first that there is).")
    private String region;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure {
        MooringApi api = Common.api();
        JsonNode source = source(api);
        ObjectNode request = MooringApi.object();
        for (String same : new String[] {"engine", "size"}) {
            if (source.hasNonNull(same)) {
                request.put(same, source.path(same).asText());
            }
        }
        request.put("name", as)
                .put("num_nodes", source.path("num_nodes").asInt(1))
                .put("region", region == null ? region(api, source) : region);
        // A name may be that of several: of one that is there, and of those that had it before and were deleted.
        ObjectNode restore = request.putObject("backup_restore")
                .put("database_name", source.path("id").asText());
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
            JsonNode deleted = MooringApi.byIdOrName(
                            api.all("/mooring/v1/databases/deleted", "deleted_databases"), name)
                    .orElseThrow(() -> gone);
            System.err.println("  " + deleted.path("name").asText() + " ("
                    + deleted.path("id").asText() + ") was deleted at "
                    + deleted.path("deleted_at").asText());
            return deleted;
        }
    }

    /** Of one that was deleted nobody knows it any more. */
    private static String region(MooringApi api, JsonNode source) throws Failure {
        return source.hasNonNull("region")
                ? source.path("region").asText()
                : api.get("/v2/regions").path("regions").path(0).path("slug").asText();
    }
}
