package dev.mooring.app;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.app.deployment.DeploymentView;
import dev.mooring.app.record.App;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.web.Formats;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** An app on the wire. */
@Schema(name = "App")
public record AppView(
        UUID id,
        UUID ownerUuid,

        @Schema(implementation = AppSpec.class, description = "As submitted, but that secrets are encrypted")
        JsonNode spec,

        @Nullable String defaultIngress,
        @Nullable String liveUrl,
        @Nullable String liveUrlBase,
        @Nullable String liveDomain,
        String createdAt,
        String updatedAt,
        @Nullable String lastDeploymentCreatedAt,
        @Nullable String lastDeploymentActiveAt,
        @Nullable DeploymentView activeDeployment,
        @Nullable DeploymentView inProgressDeployment,
        @Nullable DeploymentView pendingDeployment,
        @Nullable DeploymentView pinnedDeployment,
        RegionView region,
        String tierSlug,
        List<DomainView> domains,
        UUID projectId,
        List<String> dedicatedIps) {

    @Schema(name = "AppRegion")
    public record RegionView(
            String slug,
            String label,
            String flag,
            String continent,
            boolean disabled,
            List<String> dataCenters,

            @com.fasterxml.jackson.annotation.JsonProperty("default")
            boolean isDefault) {}

    @Schema(name = "AppDomainState")
    public record DomainView(UUID id, String phase, AppSpec.Domain spec) {}

    /**
     * @param watched the app's deployments that are not over, and the active and the pinned one; newest first
     * @param started the deployment that the request has started; null for a request that only reads
     */
    static AppView of(
            App app,
            @Nullable String url,
            AppSpec spec,
            List<DeploymentRow> watched,
            @Nullable UUID started,
            RegionView region) {
        DeploymentRow active = find(watched, app.activeDeployment);
        DeploymentRow inProgress = watched.stream()
                .filter(row -> row.unfinished() && row.begun())
                .findFirst()
                .orElse(null);
        DeploymentRow pending = started != null
                ? find(watched, started)
                : watched.stream()
                        .filter(row -> row.unfinished() && !row.begun())
                        .findFirst()
                        .orElse(null);
        String base = url == null ? null : url;
        return new AppView(
                app.id,
                app.team,
                Apps.stored(app),
                base,
                base,
                base,
                url == null ? null : URI.create(url).getHost(),
                Formats.time(app.createdAt),
                Formats.time(app.updatedAt),
                watched.isEmpty() ? null : Formats.time(watched.getFirst().createdAt()),
                active == null ? null : Formats.time(active.phaseUpdatedAt()),
                view(active),
                view(inProgress),
                view(pending),
                view(find(watched, app.pinnedDeployment)),
                region,
                "basic",
                spec.domains() == null
                        ? List.of()
                        : spec.domains().stream()
                                .map(domain -> new DomainView(
                                        UUID.nameUUIDFromBytes(
                                                (app.id + domain.domain()).getBytes(StandardCharsets.UTF_8)),
                                        "PENDING",
                                        domain))
                                .toList(),
                app.projectId,
                List.of());
    }

    private static @Nullable DeploymentRow find(List<DeploymentRow> rows, @Nullable UUID id) {
        return rows.stream().filter(row -> row.id().equals(id)).findFirst().orElse(null);
    }

    private static @Nullable DeploymentView view(@Nullable DeploymentRow row) {
        return row == null ? null : DeploymentView.of(row);
    }
}
