package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kafka.Lag;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** Whether a cluster goes on without one of its brokers. */
public record Redundancy(Admin admin) {

    /** Controllers fetch twice a second and more, even where nothing changes. */
    private static final Duration CURRENT = Duration.ofSeconds(5);

    /**
     * Why a broker cannot be missed, as something that is waited for; empty where it can, as far as there are others at all. A partition
     * that has no other copy is no reason: it waits for its broker whenever that is restarted.
     */
    public Optional<String> needs(int broker) throws InterruptedException {
        Optional<String> controllers = controllers(broker);
        return controllers.isPresent() ? controllers : copies(broker);
    }

    /**
     * The same for a broker that has lost everything: why it cannot begin anew. As long as one of its copies counts as one in step, it may
     * be the only one that is. What had no other copy is lost, and no reason.
     */
    public Optional<String> misses(int broker) throws InterruptedException {
        Optional<String> controllers = controllers(broker);
        return controllers.isPresent()
                ? controllers
                : Lag.all(admin).stream()
                        .flatMap(topic -> topic.partitions().stream()
                                .filter(partition -> partition.replicas().size() > 1)
                                .filter(partition -> partition.isr().stream().anyMatch(node -> node.id() == broker))
                                .map(partition -> "another copy of " + topic.name() + "-" + partition.partition()
                                        + " to take over"))
                        .findFirst();
    }

    private Optional<String> controllers(int broker) throws InterruptedException {
        QuorumInfo quorum = Answers.of(admin.describeMetadataQuorum().quorumInfo());
        // By the clock of the leader, who is always up to date.
        long since = quorum.voters().stream()
                        .mapToLong(voter -> voter.lastCaughtUpTimestamp().orElse(0))
                        .max()
                        .orElse(0)
                - CURRENT.toMillis();
        long current = quorum.voters().stream()
                .filter(voter -> voter.replicaId() != broker)
                .filter(voter -> voter.replicaId() == quorum.leaderId()
                        || voter.lastCaughtUpTimestamp().orElse(0) >= since)
                .count();
        int voters = quorum.voters().size();
        return current >= Math.min(voters / 2 + 1, voters - 1)
                ? Optional.empty()
                : Optional.of(
                        "the controllers: of " + voters + " only " + current + " others have all of the metadata");
    }

    private Optional<String> copies(int broker) throws InterruptedException {
        List<TopicDescription> topics = Lag.all(admin).stream().toList();
        Map<String, Integer> minimums = minimums(topics);
        int few = 0;
        String first = "";
        for (TopicDescription topic : topics) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                if (partition.replicas().stream().anyMatch(node -> node.id() == broker)
                        && partition.isr().stream()
                                        .filter(node -> node.id() != broker)
                                        .count()
                                < Math.min(
                                        minimums.getOrDefault(topic.name(), 1),
                                        partition.replicas().size() - 1)) {
                    first = few++ == 0 ? topic.name() + "-" + partition.partition() : first;
                }
            }
        }
        return few == 0
                ? Optional.empty()
                : Optional.of("the copies of " + few + " partitions that are too few without it, such as " + first);
    }

    private Map<String, Integer> minimums(List<TopicDescription> topics) throws InterruptedException {
        List<ConfigResource> asked = topics.stream()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic.name()))
                .toList();
        Map<String, Integer> minimums = new HashMap<>();
        for (Map.Entry<ConfigResource, Config> topic :
                Answers.of(admin.describeConfigs(asked).all()).entrySet()) {
            ConfigEntry minimum = topic.getValue().get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
            minimums.put(topic.getKey().name(), minimum == null ? 1 : Integer.parseInt(minimum.value()));
        }
        return minimums;
    }
}
