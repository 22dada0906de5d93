package dev.mooring.console.app;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.app.AppView;
import dev.mooring.console.operation.Timeline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An app as its pages show it.
 *
 * @param url where it is served; empty when nowhere
 * @param phase of its newest deployment; empty before the first
 * @param components in the order of its spec
 * @param operations newest first
 */
public record SeenApp(
        String id,
        String name,
        String region,
        String url,
        String phase,
        String updatedAt,
        List<Part> components,
        List<Database> databases,
        List<Timeline> operations) {

    private static final Map<String, String> KINDS = Map.of(
            "services", "Service",
            "workers", "Worker",
            "jobs", "Job",
            "static_sites", "Static site",
            "functions", "Functions");

    /**
     * @param kind such as Service
     * @param bindings its variables that refer to something, as the spec has them
     */
    public record Part(String name, String kind, Map<String, String> bindings) {}

    /**
     * A database as the spec has it.
     *
     * @param managed false for a dev database
     * @param cluster the name of a managed one
     */
    public record Database(String name, String engine, String version, boolean managed, String cluster) {
        public boolean kafka() {
            return engine.equals("KAFKA");
        }
    }

    static SeenApp of(AppView app, List<Timeline> operations) {
        JsonNode spec = app.spec();
        List<Part> components = new ArrayList<>();
        new TreeMap<>(KINDS).forEach((member, kind) -> {
            for (JsonNode component : spec.path(member)) {
                components.add(new Part(component.path("name").asText(), kind, bindings(spec, component)));
            }
        });
        List<Database> databases = new ArrayList<>();
        for (JsonNode database : spec.path("databases")) {
            databases.add(new Database(
                    database.path("name").asText(),
                    database.path("engine").asText(),
                    database.path("version").asText(),
                    database.path("production").asBoolean(),
                    database.path("cluster_name").asText()));
        }
        var newest = app.inProgressDeployment() != null
                ? app.inProgressDeployment()
                : app.pendingDeployment() != null ? app.pendingDeployment() : app.activeDeployment();
        return new SeenApp(
                app.id().toString(),
                spec.path("name").asText(),
                app.region() == null ? "" : app.region().slug(),
                app.liveUrl() == null ? "" : app.liveUrl(),
                newest == null ? "" : newest.phase(),
                app.updatedAt(),
                components,
                databases,
                operations);
    }

    /** At run time; a component's own variables win over the app's. */
    private static Map<String, String> bindings(JsonNode spec, JsonNode component) {
        Map<String, String> bindings = new LinkedHashMap<>();
        for (JsonNode envs : List.of(spec.path("envs"), component.path("envs"))) {
            for (JsonNode env : envs) {
                String key = env.path("key").asText();
                String value = env.path("value").asText();
                if (env.path("scope").asText().equals("BUILD_TIME")) {
                    continue;
                }
                if (value.contains("${")) {
                    bindings.put(key, value);
                } else {
                    bindings.remove(key);
                }
            }
        }
        return bindings;
    }

    public @Nullable Database database(String component) {
        return databases.stream()
                .filter(database -> database.name().equals(component))
                .findFirst()
                .orElse(null);
    }

    public @Nullable Timeline running() {
        return operations.stream()
                .filter(operation -> !operation.ended())
                .findFirst()
                .orElse(null);
    }
}
