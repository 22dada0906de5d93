package dev.mooring.database.cluster;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A cluster on the wire. Objects that existing clients read without looking whether they are there are always there. */
@Schema(name = "DatabaseCluster")
public record ClusterView(
        UUID id,
        @Schema(examples = "backend") String name,
        @Schema(examples = "pg") String engine,

        @Schema(description = "Major version", examples = "16")
        String version,

        @Schema(description = "Exact version", examples = "16.15")
        String semanticVersion,

        int numNodes,
        @Schema(examples = "db-s-1vcpu-1gb") String size,
        @Schema(examples = "nyc3") String region,

        @Schema(
                description = "failed is Mooring's own: what was to be created came to nothing, and can be retried or"
                        + " deleted",
                enumeration = {"creating", "online", "resizing", "migrating", "forking", "failed"})
        String status,

        @Schema(description = "Mooring's own: why the status is failed; absent for any other") @Nullable
        String failure,

        String createdAt,
        @Nullable UUID privateNetworkUuid,
        UUID projectId,
        List<String> tags,
        List<String> dbNames,
        List<UserView> users,
        Connection connection,
        Connection privateConnection,

        @Schema(description = "Of the first standby node, to read from; absent where there is none") @Nullable
        Connection standbyConnection,

        @Nullable Connection standbyPrivateConnection,
        MaintenanceWindow maintenanceWindow,
        List<RuleView> rules,
        int storageSizeMib,
        StorageAutoscale storageAutoscale,
        Autoscale autoscale,
        @Nullable String versionEndOfLife,
        @Nullable String versionEndOfAvailability,
        List<Endpoint> metricsEndpoints,
        DoSettings doSettings) {

    @Schema(
            name = "DatabaseConnection",
            description = "Final from the first answer on, also while the cluster is created")
    public record Connection(
            String protocol,
            String uri,
            @Nullable String database,
            String host,
            int port,
            String user,
            @Nullable String password,
            boolean ssl,

            @Schema(description = "Of a Kafka cluster, mtls: where clients log in with a user's certificate") @Nullable
            Map<String, Integer> applicationPorts) {}

    @Schema(name = "MaintenanceWindow")
    public record MaintenanceWindow(
            @Schema(examples = "saturday") String day,

            @Schema(description = "UTC", examples = "03:00:00")
            String hour,

            boolean pending,
            List<String> description) {}

    @Schema(name = "FirewallRule")
    public record RuleView(
            String uuid,
            String clusterUuid,
            String type,
            String value,
            String description,
            String createdAt,

            @Schema(
                    description =
                            "True for an app that a deployment has made a trusted source: a list that does not name it"
                                    + " leaves it in, its own switch and an empty list do not")
            @Nullable
            Boolean attached) {}

    @Schema(name = "StorageAutoscale")
    public record StorageAutoscale(boolean enabled) {}

    public record Autoscale(StorageAutoscale storage) {}

    @Schema(name = "ServiceEndpoint")
    public record Endpoint(String host, int port) {}

    @Schema(name = "DoSettings")
    public record DoSettings(List<String> serviceCnames) {}
}
