package dev.mooring.dataplane;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The topics of clusters whose engine has some. They live in the cluster alone, where its own clients make and delete them too, so
 * they are asked for and changed there: what has been answered is in force. Fails with a {@link Refused} for what the cluster does
 * not take, and with an {@link Unreachable} while it cannot be asked.
 */
public interface Topics {

    Uni<List<Topic>> list(UUID cluster);

    /** Empty when there is none of that name. */
    Uni<Optional<Detail>> find(UUID cluster, String name);

    /**
     * @param partitions 0 for the cluster's default
     * @param replication 0 for the cluster's default; of more than there are brokers, each has one
     * @param config by the engine's own names
     * @return answers once every partition has a leader
     */
    Uni<Void> create(UUID cluster, String name, int partitions, int replication, Map<String, String> config);

    /**
     * @param partitions that there should be at least; topics never shrink
     * @param replication 0 for what it has
     * @param config what is to be other than it is
     * @return false when there is none of that name
     */
    Uni<Boolean> change(UUID cluster, String name, int partitions, int replication, Map<String, String> config);

    /** @return false when there was none of that name */
    Uni<Boolean> delete(UUID cluster, String name);

    record Topic(String name, int partitions, int replication) {}

    /**
     * @param config by the engine's own names
     */
    record Detail(String name, int replication, List<Partition> partitions, Map<String, String> config) {}

    /**
     * @param size in bytes, of one replica
     * @param inSync how many replicas have everything
     * @param earliest offset of the first record that is left
     */
    record Partition(int id, long size, int inSync, long earliest, List<GroupOffset> groups) {}

    /**
     * @param offset of the next record that the group reads
     */
    record GroupOffset(String group, long offset) {}

    /** What the cluster does not take, in its words. */
    final class Refused extends RuntimeException {
        public Refused(@Nullable String message) {
            super(message);
        }
    }

    /** The cluster does not run in this process's reach, or does not answer. */
    final class Unreachable extends RuntimeException {
        public Unreachable(@Nullable String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
