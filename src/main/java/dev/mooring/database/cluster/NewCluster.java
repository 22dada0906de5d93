package dev.mooring.database.cluster;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The body of POST /v2/databases. Empty strings count as absent: Go clients send them for everything they do not set. */
@Schema(name = "NewDatabaseCluster")
public record NewCluster(
        @Schema(required = true, description = "3 to 63 letters, digits and dashes; unique", examples = "backend")
        @Nullable
        String name,

        @Schema(
                required = true,
                enumeration = {"pg", "kafka"})
        @Nullable
        String engine,

        @Schema(description = "Major version; the default of /v2/databases/options when absent", examples = "16")
        @Nullable
        String version,

        @Schema(required = true, examples = "1") @Nullable Integer numNodes,

        @Schema(required = true, examples = "db-s-1vcpu-1gb") @Nullable
        String size,

        @Schema(required = true, examples = "nyc3") @Nullable
        String region,

        @Nullable String privateNetworkUuid,
        @Nullable String projectId,
        @Nullable List<String> tags,

        @Schema(description = "At least the plan's own") @Nullable
        Integer storageSizeMib,

        @Nullable List<RuleInput> rules,

        @Schema(description = "Begins with what another cluster held at some moment, instead of empty") @Nullable
        BackupRestore backupRestore,

        @Schema(hidden = true) @Nullable AutoscaleInput storageAutoscale,
        @Schema(hidden = true) @Nullable AutoscaleEnvelope autoscale,
        ClusterView.@Nullable DoSettings doSettings) {

    @Schema(name = "FirewallRuleInput")
    public record RuleInput(
            @Schema(enumeration = {"ip_addr", "droplet", "k8s", "tag", "app"})
            String type,

            @Schema(description = "IPv4 address or network, or the id or name of the source", examples = "192.0.2.0/24")
            String value,

            @Schema(description = "Kept when it is that of a present rule") @Nullable
            String uuid,

            @Nullable String description) {}

    @Schema(name = "BackupRestore")
    public record BackupRestore(
            @Schema(
                    required = true,
                    description = "Name of the cluster to recover, which may have been deleted; the id of any")
            @Nullable
            String databaseName,

            @Schema(
                    description =
                            "RFC 3339, any moment of the recovery window; everything that was committed when absent",
                    examples = "2026-11-24T21:41:18Z")
            @Nullable
            String backupCreatedAt) {}

    record AutoscaleInput(Boolean enabled) {}

    record AutoscaleEnvelope(AutoscaleInput storage) {}

    public boolean wantsAutoscale() {
        AutoscaleInput input =
                storageAutoscale != null ? storageAutoscale : autoscale == null ? null : autoscale.storage();
        return input != null && Boolean.TRUE.equals(input.enabled());
    }

    public static @Nullable String orNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
