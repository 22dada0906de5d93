package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.home.HomeLock;
import dev.mooring.home.MooringHome;
import dev.mooring.process.kafka.JavaRuntime;
import dev.mooring.process.postgres.Engines;
import dev.mooring.start.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        description = {
            "Looks at what Mooring needs and has on this machine: settings, folders, ports, disk, servers, tools for upgrades; and"
                    + " asks the one that runs how it is: its clocks, archive, certificates, operations.",
            "Exit code 1 when something has to be mended."
        },
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    /** How it is with a thing. */
    enum State {
        OK,
        /** Nothing has to be done; something is not offered. */
        NOTE,
        BAD
    }

    private record Finding(
            State state, String what, @Nullable String words) {}

    private final List<Finding> findings = new ArrayList<>();

    @Mixin
    private Common common;

    @Override
    public Integer call() throws IOException {
        MooringHome home = Common.home();
        Optional<ProcessHandle> mooring = HomeLock.holder(home);
        machine(mooring.isPresent());
        Engines engines = Engines.find(home);
        servers(engines);
        if (Files.isDirectory(home.engines())) {
            upgrades(engines);
        } else {
            find(State.NOTE, "upgrades", "which ones are possible is known after the first start");
        }
        find(
                JavaRuntime.find().isPresent() ? State.OK : State.NOTE,
                "Kafka",
                JavaRuntime.find()
                        .map(java -> "brokers run on Java " + java.version() + " in " + java.home())
                        .orElse(JavaRuntime.MISSING));
        running(home, mooring);
        if (common.json()) {
            ArrayNode list = MooringApi.object().arrayNode();
            findings.forEach(finding -> list.addObject()
                    .put("state", finding.state().name().toLowerCase(Locale.ROOT))
                    .put("what", finding.what())
                    .put("words", finding.words()));
            Common.print(list);
        } else {
            findings.forEach(finding -> System.out.printf(
                    "%-4s  %s: %s%n",
                    finding.state().name().toLowerCase(Locale.ROOT), finding.what(), finding.words()));
        }
        return findings.stream().anyMatch(finding -> finding.state() == State.BAD) ? 1 : 0;
    }

    private void find(State state, String what, @Nullable String words) {
        findings.add(new Finding(state, what, words));
    }

    private void machine(boolean runs) {
        List<String> warnings = new ArrayList<>();
        try {
            Machine.check(!runs, warnings::add);
            find(State.OK, "settings, folders, ports, disk", "nothing stands in the way of a start");
        } catch (IllegalArgumentException e) {
            find(
                    State.BAD,
                    "settings, folders, ports, disk",
                    String.valueOf(e.getMessage()).replace("\n ", ";"));
        }
        warnings.forEach(warning -> find(State.NOTE, "settings", warning));
    }

    private void servers(Engines engines) {
        if (engines.majors().isEmpty()) {
            find(
                    State.BAD,
                    "PostgreSQL",
                    "no server was found: build Mooring with Maven, which fetches them, install PostgreSQL, or set"
                            + " MOORING_ENGINES");
        } else {
            find(
                    State.OK,
                    "PostgreSQL",
                    "servers of " + String.join(", ", engines.versions().values()));
        }
    }

    private void upgrades(Engines engines) throws IOException {
        for (String major : engines.majors().stream().skip(1).toList()) {
            String older = engines.majors().get(engines.majors().indexOf(major) - 1);
            Optional<String> missing = engines.upgradeTools().missing(older, major);
            find(
                    missing.isEmpty() ? State.OK : State.NOTE,
                    "upgrades from " + older + " to " + major,
                    missing.orElse("possible"));
        }
    }

    private void running(MooringHome home, Optional<ProcessHandle> mooring) {
        if (mooring.isEmpty() && System.getenv("MOORING_URL") == null) {
            find(State.NOTE, "Mooring", "none runs on " + home.root());
            return;
        }
        try {
            MooringApi api = Common.api();
            JsonNode health = api.health();
            find(
                    health.path("status").asText().equals("UP") ? State.OK : State.BAD,
                    "Mooring",
                    "answers at " + api.url()
                            + mooring.map(process -> ", pid " + process.pid()).orElse(""));
            for (JsonNode check : health.path("checks")) {
                JsonNode missing = check.path("data").path("missing");
                State state = !check.path("status").asText().equals("UP")
                        ? State.BAD
                        : missing.isMissingNode() ? State.OK : State.NOTE;
                find(state, check.path("name").asText(), missing.asText(data(check.path("data"))));
            }
        } catch (Failure e) {
            find(State.BAD, "Mooring", e.getMessage());
        }
    }

    private static String data(JsonNode data) {
        return data.isEmpty()
                ? "well"
                : String.join(
                        ", ",
                        data.properties().stream()
                                .filter(field -> !field.getValue().asText().isEmpty())
                                .map(field ->
                                        field.getKey() + " " + field.getValue().asText())
                                .toList());
    }
}
