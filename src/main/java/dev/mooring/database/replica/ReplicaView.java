package dev.mooring.database.replica;

import dev.mooring.database.cluster.ClusterView;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A read-only node on the wire. */
@Schema(name = "DatabaseReplica")
public record ReplicaView(
        @Schema(description = "Works as a cluster's id, too, for what a read-only node has of its own")
        UUID id,

        @Schema(examples = "reports") String name,
        String region,
        String size,

        @Schema(
                description =
                        "migrating while the primary is copied afresh, as after an upgrade; failed is Mooring's own",
                enumeration = {"creating", "online", "resizing", "migrating", "forking", "failed"})
        String status,

        @Schema(description = "Mooring's own: why the status is failed; absent for any other") @Nullable
        String failure,

        List<String> tags,
        String createdAt,
        @Nullable UUID privateNetworkUuid,
        ClusterView.Connection connection,
        ClusterView.Connection privateConnection,
        int storageSizeMib,
        ClusterView.DoSettings doSettings) {

    /** @param status as it is just now */
    static ReplicaView of(ClusterView cluster, String status) {
        return new ReplicaView(
                cluster.id(),
                cluster.name(),
                cluster.region(),
                cluster.size(),
                status,
                cluster.failure(),
                cluster.tags(),
                cluster.createdAt(),
                cluster.privateNetworkUuid(),
                cluster.connection(),
                cluster.privateConnection(),
                cluster.storageSizeMib(),
                cluster.doSettings());
    }
}
