package dev.mooring.mcp.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** How Mooring itself is. */
@ApplicationScoped
class HealthTools implements ToolSet {

    private final SmallRyeHealthReporter reporter;
    private final ObjectMapper mapper;

    HealthTools(SmallRyeHealthReporter reporter, ObjectMapper mapper) {
        this.reporter = reporter;
        this.mapper = mapper;
    }

    @Override
    public List<Tool> tools() {
        return List.of(new Tool(
                "get_health",
                "How Mooring is",
                "Every check of this Mooring as /q/health has it: metadata, servers and tools of this machine, archives, backups and"
                        + " drills that failed, overdue operations, when the first certificates end.",
                Tool.Effect.READS,
                List.of(),
                "",
                List.of(),
                given -> health()));
    }

    private Uni<JsonNode> health() {
        Context request = Vertx.currentContext();
        return reporter.getHealthAsync()
                .emitOn(command -> request.runOnContext(nothing -> command.run()))
                .map(this::read);
    }

    private JsonNode read(SmallRyeHealth health) {
        try {
            return mapper.readTree(health.getPayload().toString());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
