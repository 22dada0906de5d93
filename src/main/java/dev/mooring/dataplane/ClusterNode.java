package dev.mooring.dataplane;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One server of a cluster, as it is.
 *
 * @param name stays with its data, whatever its role is
 * @param state in one word, such as {@code running}, {@code following}, {@code copying}
 * @param why it does not run or follow, that its disk is full, or how far a copy is
 * @param lagBytes of WAL that the primary has written and this one has not replayed; null for the primary, and when it is not known
 * @param lagSeconds since what it replayed last was committed, while the primary has more
 */
@RegisterForReflection
@RecordBuilder
public record ClusterNode(
        @Nullable String name,
        Role role,
        String host,
        int port,
        String state,
        @Nullable String why,
        @Nullable Long lagBytes,
        @Nullable Double lagSeconds)
        implements ClusterNodeBuilder.With {

    public enum Role {
        PRIMARY,
        STANDBY,
        /** Follows, and never takes the primary's place. */
        REPLICA,
        /** Of several that each lead some of the partitions. */
        BROKER
    }
}
