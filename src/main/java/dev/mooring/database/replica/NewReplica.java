package dev.mooring.database.replica;

import dev.mooring.database.cluster.ClusterView;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The body of POST …/replicas. Empty strings count as absent: Go clients send them for everything they do not set. */
@Schema(name = "NewDatabaseReplica")
public record NewReplica(
        @Schema(
                required = true,
                description =
                        "3 to 63 letters, digits and dashes; unique among the team's clusters and read-only nodes",
                examples = "reports")
        @Nullable
        String name,

        @Schema(description = "At least the primary's; the primary's when absent", examples = "db-s-1vcpu-1gb")
        @Nullable
        String size,

        @Schema(description = "The primary's when absent", examples = "nyc1") @Nullable
        String region,

        @Schema(description = "The region's own when absent") @Nullable
        String privateNetworkUuid,

        @Nullable List<String> tags,

        @Schema(description = "At least the primary's; what the plan has, or the primary has, when absent") @Nullable
        Integer storageSizeMib,

        @Schema(description = "Other names, which go into its certificate")
        ClusterView.@Nullable DoSettings doSettings) {}
