package dev.mooring.app.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.SpecText;
import dev.mooring.web.Formats;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A deployment on the wire. */
@Schema(name = "Deployment")
public record DeploymentView(
        UUID id,
        @Schema(implementation = AppSpec.class) JsonNode spec,

        @Schema(enumeration = {"PENDING_BUILD", "BUILDING", "DEPLOYING", "ACTIVE", "SUPERSEDED", "ERROR", "CANCELED"})
        String phase,

        String cause,
        CauseDetails causeDetails,
        String createdAt,
        String updatedAt,
        @Nullable String phaseLastUpdatedAt,
        UUID previousDeploymentId,
        UUID clonedFrom,
        String tierSlug,
        @Nullable List<Part> services,
        @Nullable List<Part> workers,
        @Nullable List<Part> jobs,
        @Nullable List<Part> staticSites,
        @Nullable List<Part> functions,
        DeploymentProgress progress) {

    @Schema(name = "DeploymentCauseDetails")
    public record CauseDetails(String type, UserAction digitaloceanUserAction) {}

    public record UserAction(String name, User user) {}

    public record User(String fullName) {}

    @Schema(name = "DeploymentComponent")
    public record Part(String name, @Nullable String sourceCommitHash) {}

    public static DeploymentView of(DeploymentRow row) {
        JsonNode spec = spec(row);
        return new DeploymentView(
                row.id(),
                spec,
                row.phase().name(),
                row.cause(),
                new CauseDetails(row.type(), new UserAction(row.action(), new User("Mooring"))),
                Formats.time(row.createdAt()),
                Formats.time(row.updatedAt()),
                Formats.time(row.phaseUpdatedAt()),
                row.previous(),
                row.clonedFrom(),
                "basic",
                parts(row, spec, AppSpec.Kind.SERVICE),
                parts(row, spec, AppSpec.Kind.WORKER),
                parts(row, spec, AppSpec.Kind.JOB),
                parts(row, spec, AppSpec.Kind.STATIC_SITE),
                parts(row, spec, AppSpec.Kind.FUNCTION),
                DeploymentProgress.of(row));
    }

    public static JsonNode spec(DeploymentRow row) {
        try {
            return SpecText.json(row.spec());
        } catch (SpecText.Unreadable e) {
            throw new IllegalStateException("the spec of deployment " + row.id() + " is damaged: " + e.getMessage());
        }
    }

    private static @Nullable List<Part> parts(DeploymentRow row, JsonNode spec, AppSpec.Kind kind) {
        List<Part> parts = new ArrayList<>();
        for (JsonNode component : spec.path(kind.member())) {
            String name = component.path("name").asText(null);
            if (name != null) {
                parts.add(new Part(name, row.facts().commits().get(AppFolder.label(kind.name(), name))));
            }
        }
        return parts.isEmpty() ? null : parts;
    }
}
