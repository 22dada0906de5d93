package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.command.terminal.Table;
import dev.mooring.home.HomeLock;
import dev.mooring.home.MooringHome;
import dev.mooring.process.RunningServers;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = {
            "Tells what runs: Mooring, and each database cluster with its address, since when it runs and until when it can be recovered.",
            "Exit code 0 when Mooring answers, 1 when it does not."
        },
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure, IOException {
        MooringHome home = Common.home();
        Optional<ProcessHandle> mooring = HomeLock.holder(home);
        if (System.getenv("MOORING_URL") == null && mooring.isEmpty()) {
            return withoutMooring(home);
        }
        MooringApi api = Common.api();
        List<JsonNode> clusters = api.all("/v2/databases", "databases");
        List<JsonNode> running = api.all("/mooring/v1/operations?state=running", "operations");
        List<JsonNode> windows = windows(api, clusters);
        Map<String, String> since = since(RunningServers.below(home.clusters()), home);
        if (common.json()) {
            ObjectNode answer = MooringApi.object();
            answer.put("url", api.url())
                    .put("home", home.root().toString())
                    .put("running_since", mooring.map(StatusCommand::since).orElse(null));
            for (int i = 0; i < clusters.size(); i++) {
                answer.withArray("databases")
                        .addObject()
                        .put("id", clusters.get(i).path("id").asText())
                        .put("name", clusters.get(i).path("name").asText())
                        .put("status", clusters.get(i).path("status").asText())
                        .put("address", address(clusters.get(i)))
                        .put(
                                "running_since",
                                since.get(clusters.get(i).path("id").asText()))
                        .set("recovery_window", windows.get(i));
            }
            running.forEach(answer.withArray("running_operations")::add);
            Common.print(answer);
            return 0;
        }
        String pid = mooring.map(process -> ", pid " + process.pid() + ", since " + since(process))
                .orElse("");
        System.out.println("Mooring runs at " + api.url() + pid + ", on " + home.root() + "\n");
        Table table = new Table("NAME", "ENGINE", "STATUS", "SINCE", "NODES", "ADDRESS", "RECOVERABLE FROM", "TO");
        for (int i = 0; i < clusters.size(); i++) {
            JsonNode cluster = clusters.get(i);
            table.row(
                    cluster.path("name").asText(),
                    cluster.path("engine").asText() + " "
                            + cluster.path("version").asText(),
                    cluster.path("status").asText(),
                    since.getOrDefault(cluster.path("id").asText(), "-"),
                    cluster.path("num_nodes").asText(),
                    address(cluster),
                    windows.get(i).path("earliest").asText("-"),
                    windows.get(i).path("latest").asText("-"));
        }
        System.out.print(clusters.isEmpty() ? "There is no database cluster.\n" : table.toString());
        running.forEach(operation ->
                System.out.println("\nrunning: " + operation.path("kind").asText() + ", step "
                        + operation.path("step").asText() + ", of "
                        + operation.path("subject_id").asText() + ", since "
                        + operation.path("started_at").asText("-")
                        + (operation.path("overdue").asBoolean() ? ", overdue" : "")));
        return 0;
    }

    private static int withoutMooring(MooringHome home) throws IOException {
        System.out.println("No Mooring runs on " + home.root() + ".");
        List<RunningServers> servers = RunningServers.below(home.clusters());
        if (!servers.isEmpty()) {
            System.out.println("Its databases go on, and the next start takes them over:\n");
            Table table = new Table("CLUSTER", "PROGRAM", "PID", "SINCE");
            servers.forEach(server -> table.row(
                    cluster(server, home),
                    server.program(),
                    Long.toString(server.process().pid()),
                    since(server.process())));
            System.out.print(table);
        }
        return 1;
    }

    private static String cluster(RunningServers server, MooringHome home) {
        return home.clusters().relativize(server.folder()).getName(0).toString();
    }

    private static String since(ProcessHandle process) {
        return process.info()
                .startInstant()
                .map(start -> start.truncatedTo(ChronoUnit.SECONDS).toString())
                .orElse("-");
    }

    /** Since when the one that serves has been running, or the first of a cluster's brokers; of clusters elsewhere nothing is known here. */
    private static Map<String, String> since(List<RunningServers> servers, MooringHome home) {
        Map<String, String> since = new HashMap<>();
        for (RunningServers server : servers) {
            String id = cluster(server, home);
            boolean serves = server.folder().equals(home.clusters().resolve(id).resolve("data"));
            if (serves || server.program().equals("Kafka")) {
                since.merge(id, since(server.process()), (one, other) -> one.compareTo(other) < 0 ? one : other);
            }
        }
        return since;
    }

    /** In the order of the clusters; an empty one where there is no backup yet. */
    private static List<JsonNode> windows(MooringApi api, List<JsonNode> clusters) throws Failure {
        Map<String, JsonNode> known = new HashMap<>();
        for (JsonNode one : api.get("/mooring/v1/databases/recovery-windows").path("recovery_windows")) {
            known.put(one.path("id").asText(), one.path("recovery_window"));
        }
        return clusters.stream()
                .map(cluster -> known.getOrDefault(cluster.path("id").asText(), MooringApi.object()))
                .toList();
    }

    private static String address(JsonNode cluster) {
        return Optional.of(cluster.path("connection"))
                .filter(connection -> connection.path("port").asInt() > 0)
                .map(connection -> connection.path("host").asText() + ":"
                        + connection.path("port").asInt())
                .orElse("-");
    }
}
