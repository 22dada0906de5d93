package dev.mooring.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.command.terminal.Table;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "operations",
        description = "Lists what Mooring does and has done, the newest first.",
        mixinStandardHelpOptions = true)
final class OperationsCommand implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATA = "data:";

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Of this cluster alone: its name or id.")
    private String name;

    @Option(
            names = {"-f", "--follow"},
            description = "Print every move as it is made, until interrupted.")
    private boolean follow;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "How many (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure {
        MooringApi api = Common.api();
        String cluster = name == null ? null : api.cluster(name).path("id").asText();
        if (follow) {
            return follow(api, cluster);
        }
        JsonNode list = api.get(
                        "/mooring/v1/operations?per_page=" + limit + (cluster == null ? "" : "&cluster_id=" + cluster))
                .path("operations");
        if (common.json()) {
            Common.print(list);
            return 0;
        }
        Table table = new Table("STARTED", "OPERATION", "OF", "STATE", "STEP", "WAITS FOR OR FAILED BY");
        for (JsonNode operation : list) {
            table.row(
                    operation
                            .path("started_at")
                            .asText(operation.path("created_at").asText()),
                    operation.path("kind").asText(),
                    operation.path("subject_id").asText(),
                    operation.path("state").asText(),
                    operation.path("step").asText(""),
                    operation.path("error").asText(operation.path("waiting_for").asText("")));
        }
        System.out.print(table);
        return 0;
    }

    private int follow(MooringApi api, @Nullable String cluster) throws Failure {
        try (Stream<String> lines = api.lines("/mooring/v1/events")) {
            for (Iterator<String> line = lines.iterator(); line.hasNext(); ) {
                String event = line.next();
                if (event.startsWith(DATA)) {
                    tell(JSON.readTree(event.substring(DATA.length())), cluster);
                }
            }
            throw new Failure("Mooring has ended the stream");
        } catch (JsonProcessingException e) {
            throw new Failure("what the stream says is no JSON: " + e.getMessage());
        } catch (java.io.UncheckedIOException e) {
            throw new Failure("Mooring has ended the stream");
        }
    }

    private void tell(JsonNode operation, @Nullable String cluster) {
        if (cluster != null && !cluster.equals(operation.path("subject_id").asText())) {
            return;
        }
        if (common.json()) {
            System.out.println(operation);
            return;
        }
        System.out.println(String.join(
                        "  ",
                        List.of(
                                LocalTime.now(ZoneId.systemDefault())
                                        .truncatedTo(ChronoUnit.SECONDS)
                                        .toString(),
                                operation.path("kind").asText(),
                                operation.path("subject_id").asText(),
                                operation.path("state").asText(),
                                operation.path("step").asText(""),
                                operation
                                        .path("error")
                                        .asText(operation.path("waiting_for").asText(""))))
                .stripTrailing());
    }
}
