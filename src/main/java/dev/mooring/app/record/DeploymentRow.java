package dev.mooring.app.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.app.release.DeployApp;
import dev.mooring.app.release.DeployFacts;
import dev.mooring.operation.OperationState;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A deployment with how far it has come, as one statement has read it. */
public record DeploymentRow(
        UUID id,
        UUID app,
        UUID operation,
        String spec,
        String type,
        String action,
        String cause,
        UUID previous,
        UUID clonedFrom,
        Phase phase,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt,
        OffsetDateTime phaseUpdatedAt,
        boolean runs,
        boolean binds,
        OperationState state,
        DeployApp.Steps step,
        JsonArray journal,
        DeployFacts facts,
        String error) {

    /** While its operation is there and under way that tells how far it is, afterwards what was kept of it does. */
    static final String SELECT =
            "select d.*, coalesce(d.outcome::jsonb, jsonb_build_object('journal', o.journal, 'facts', o.facts,"
                    + " 'state', o.state, 'step', o.step, 'error', o.error, 'runs', (o.wish->>'runs')::boolean,"
                    + " 'binds', (o.wish->>'binds')::boolean)) as way"
                    + " from deployment d left join operation o on o.id = d.operation";

    static DeploymentRow of(Row row, ObjectMapper mapper) {
        JsonObject way = row.getJsonObject("way");
        return new DeploymentRow(
                row.getUUID("id"),
                row.getUUID("app"),
                row.getUUID("operation"),
                row.getString("spec"),
                row.getString("type"),
                row.getString("action"),
                row.getString("cause"),
                row.getUUID("previous"),
                row.getUUID("cloned_from"),
                Phase.valueOf(row.getString("phase")),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"),
                row.getOffsetDateTime("phase_updated_at"),
                Boolean.TRUE.equals(way.getBoolean("runs")),
                Boolean.TRUE.equals(way.getBoolean("binds")),
                OperationState.of(way.getString("state")),
                DeployApp.Steps.valueOf(way.getString("step")),
                way.getJsonArray("journal"),
                facts(way.getJsonObject("facts"), mapper),
                way.getString("error"));
    }

    private static DeployFacts facts(@Nullable JsonObject facts, ObjectMapper mapper) {
        if (facts == null) {
            return DeployFacts.NONE;
        }
        try {
            return mapper.readValue(facts.encode(), DeployFacts.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored facts cannot be read: " + e.getOriginalMessage());
        }
    }

    public boolean unfinished() {
        return !state.ended();
    }

    /** Whether its turn has come. */
    public boolean begun() {
        return step != DeployApp.Steps.QUEUE;
    }
}
