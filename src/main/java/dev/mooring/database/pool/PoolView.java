package dev.mooring.database.pool;

import dev.mooring.database.cluster.ClusterView;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A pool on the wire. */
@Schema(name = "ConnectionPool")
public record PoolView(
        @Schema(examples = "backend-pool") String name,

        @Schema(enumeration = {"session", "transaction", "statement"})
        String mode,

        @Schema(description = "The most server connections") int size,
        @Schema(examples = "defaultdb") String db,

        @Schema(description = "Empty for a pool that every user of the database may use", examples = "doadmin")
        String user,

        @Schema(
                description =
                        "The pool's name stands in place of a database's; on the data plane kubernetes, where each pool"
                                + " has a host of its own, it is the database itself")
        ClusterView.Connection connection,

        ClusterView.Connection privateConnection) {}
