package dev.mooring.dataplane.kafka;

import dev.mooring.dataplane.Topics;
import dev.mooring.engine.kafka.KafkaConfig;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics, asked for and changed where they are. Each question on a virtual thread of its own. */
public abstract class LiveTopics implements Topics {

    private static final Duration LEADERS_LIMIT = Duration.ofSeconds(10);
    private static final Duration GLANCE = Duration.ofMillis(20);
    /** Brokers learn of a topic one after the other: one that does not know it is not believed at once. */
    private static final int TRIES = 4;

    /** What brokers keep for themselves. */
    private static final String INTERNAL = "__";

    /**
     * A cluster as it is asked.
     *
     * @param brokers how many it has
     */
    public record Reached(Admin admin, int brokers) {}

    /**
     * Blocks.
     *
     * @throws Unreachable where it cannot be asked
     */
    protected abstract Reached reach(UUID cluster) throws IOException, InterruptedException;

    @Override
    public Uni<List<Topic>> list(UUID cluster) {
        return ask(() -> Lag.all(reach(cluster).admin()).stream()
                .filter(topic -> !topic.name().startsWith(INTERNAL))
                .map(topic -> new Topic(topic.name(), topic.partitions().size(), replication(topic)))
                .sorted(Comparator.comparing(Topic::name))
                .toList());
    }

    @Override
    public Uni<Optional<Detail>> find(UUID cluster, String name) {
        return ask(() -> {
            Admin admin = reach(cluster).admin();
            Optional<TopicDescription> topic = describe(admin, name);
            return topic.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Detail(
                            name,
                            replication(topic.get()),
                            new Partitions(admin).of(topic.get()),
                            config(admin, name)));
        });
    }

    @Override
    public Uni<Void> create(UUID cluster, String name, int partitions, int replication, Map<String, String> config) {
        return ask(() -> {
            Reached reached = reach(cluster);
            Admin admin = reached.admin();
            int most = reached.brokers();
            NewTopic topic = new NewTopic(
                            name,
                            partitions == 0 ? Optional.empty() : Optional.of(partitions),
                            replication == 0 ? Optional.empty() : Optional.of((short) Math.min(replication, most)))
                    .configs(KafkaConfig.clamped(config, most));
            Answers.of(admin.createTopics(List.of(topic)).all());
            awaitLeaders(admin, name);
            return null;
        });
    }

    @Override
    public Uni<Boolean> change(UUID cluster, String name, int partitions, int replication, Map<String, String> config) {
        return ask(() -> {
            Reached reached = reach(cluster);
            Admin admin = reached.admin();
            Optional<TopicDescription> topic = describe(admin, name);
            if (topic.isEmpty()) {
                return false;
            }
            // The settings first: they are what may be refused.
            changeConfig(admin, name, KafkaConfig.clamped(config, reached.brokers()));
            if (partitions > topic.get().partitions().size()) {
                Answers.of(admin.createPartitions(Map.of(name, NewPartitions.increaseTo(partitions)))
                        .all());
                awaitLeaders(admin, name);
            }
            int copies = Math.min(replication, reached.brokers());
            if (copies > replication(topic.get())) {
                replicate(admin, describe(admin, name).orElse(topic.get()), copies);
            }
            return true;
        });
    }

    @Override
    public Uni<Boolean> delete(UUID cluster, String name) {
        return ask(() -> {
            Admin admin = reach(cluster).admin();
            if (describe(admin, name).isEmpty()) {
                return false;
            }
            try {
                Answers.of(admin.deleteTopics(List.of(name)).all());
            } catch (UnknownTopicOrPartitionException e) {
                return false;
            }
            Instant end = Instant.now().plus(LEADERS_LIMIT);
            while (describe(admin, name).isPresent() && Instant.now().isBefore(end)) {
                Thread.sleep(GLANCE);
            }
            return true;
        });
    }

    private static Optional<TopicDescription> describe(Admin admin, String name) throws InterruptedException {
        if (name.startsWith(INTERNAL)) {
            return Optional.empty();
        }
        for (int i = 0; i < TRIES; i++) {
            try {
                return Optional.ofNullable(
                        Answers.of(admin.describeTopics(List.of(name)).allTopicNames())
                                .get(name));
            } catch (UnknownTopicOrPartitionException | org.apache.kafka.common.errors.InvalidTopicException e) {
                Thread.sleep(GLANCE);
            }
        }
        return Optional.empty();
    }

    private static void awaitLeaders(Admin admin, String name) throws InterruptedException {
        Instant end = Instant.now().plus(LEADERS_LIMIT);
        while (describe(admin, name)
                .filter(topic -> topic.partitions().stream().allMatch(LiveTopics::led))
                .isEmpty()) {
            if (Instant.now().isAfter(end)) {
                throw new Unreachable("the partitions of " + name + " have no leaders yet", null);
            }
            Thread.sleep(GLANCE);
        }
    }

    private static boolean led(TopicPartitionInfo partition) {
        return partition.leader() != null && !partition.leader().isEmpty();
    }

    private static int replication(TopicDescription topic) {
        return topic.partitions().stream()
                .mapToInt(partition -> partition.replicas().size())
                .min()
                .orElse(0);
    }

    private static Map<String, String> config(Admin admin, String name) throws InterruptedException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        Map<String, String> config = new HashMap<>();
        for (ConfigEntry entry : InForce.of(admin, resource)) {
            config.put(entry.name(), entry.value());
        }
        return config;
    }

    private static void changeConfig(Admin admin, String name, Map<String, String> config) throws InterruptedException {
        List<AlterConfigOp> changes = config.entrySet().stream()
                .map(entry ->
                        new AlterConfigOp(new ConfigEntry(entry.getKey(), entry.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        if (!changes.isEmpty()) {
            Answers.of(
                    admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, name), changes))
                            .all());
        }
    }

    /** More copies; those that there are stay where they are. They are made in the background. */
    private static void replicate(Admin admin, TopicDescription topic, int copies) throws InterruptedException {
        List<Integer> all = Answers.of(admin.describeCluster().nodes()).stream()
                .map(Node::id)
                .sorted()
                .toList();
        Map<TopicPartition, Optional<NewPartitionReassignment>> places = new HashMap<>();
        for (TopicPartitionInfo partition : topic.partitions()) {
            List<Integer> replicas =
                    new ArrayList<>(partition.replicas().stream().map(Node::id).toList());
            for (int i = 0; replicas.size() < copies && i < all.size(); i++) {
                int next = all.get((partition.partition() + i) % all.size());
                if (!replicas.contains(next)) {
                    replicas.add(next);
                }
            }
            places.put(
                    new TopicPartition(topic.name(), partition.partition()),
                    Optional.of(new NewPartitionReassignment(replicas)));
        }
        Answers.of(admin.alterPartitionReassignments(places).all());
    }

    private static <T> Uni<T> ask(Callable<T> question) {
        return Uni.createFrom()
                .emitter(emitter -> Thread.ofVirtual().start(() -> {
                    try {
                        emitter.complete(question.call());
                    } catch (TopicExistsException e) {
                        emitter.fail(new Refused("name: there is a topic of that name already"));
                    } catch (ApiException e) {
                        emitter.fail(new Refused(e.getMessage()));
                    } catch (Exception e) {
                        emitter.fail(e);
                    }
                }));
    }
}
