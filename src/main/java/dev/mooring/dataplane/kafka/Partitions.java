package dev.mooring.dataplane.kafka;

import dev.mooring.dataplane.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** What is in the partitions of a topic, and who has read how far. */
public record Partitions(Admin admin) {

    public List<Topics.Partition> of(TopicDescription topic) throws InterruptedException {
        Map<TopicPartition, Long> earliest = offsets(topic, OffsetSpec.earliest());
        Map<TopicPartition, Long> sizes = sizes(topic);
        Map<TopicPartition, List<Topics.GroupOffset>> groups = groups();
        List<Topics.Partition> partitions = new ArrayList<>();
        for (TopicPartitionInfo partition : topic.partitions()) {
            TopicPartition key = new TopicPartition(topic.name(), partition.partition());
            partitions.add(new Topics.Partition(
                    partition.partition(),
                    sizes.getOrDefault(key, 0L),
                    partition.isr().size(),
                    earliest.getOrDefault(key, 0L),
                    groups.getOrDefault(key, List.of())));
        }
        return partitions;
    }

    /** Of partitions that have a leader. */
    public Map<TopicPartition, Long> offsets(TopicDescription topic, OffsetSpec which) throws InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = topic.partitions().stream()
                .filter(partition ->
                        partition.leader() != null && !partition.leader().isEmpty())
                .map(partition -> new TopicPartition(topic.name(), partition.partition()))
                .collect(Collectors.toMap(Function.identity(), key -> which));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        Answers.of(admin.listOffsets(asked).all()).forEach((key, offset) -> offsets.put(key, offset.offset()));
        return offsets;
    }

    /** Of the largest replica. */
    private Map<TopicPartition, Long> sizes(TopicDescription topic) throws InterruptedException {
        Collection<Integer> brokers = topic.partitions().stream()
                .flatMap(partition -> partition.replicas().stream())
                .filter(node ->
                        !node.isEmpty() && node.host() != null && !node.host().isEmpty())
                .map(Node::id)
                .collect(Collectors.toSet());
        Map<TopicPartition, Long> sizes = new HashMap<>();
        Answers.of(admin.describeLogDirs(brokers).allDescriptions()).values().stream()
                .flatMap(folders -> folders.values().stream())
                .flatMap(folder -> folder.replicaInfos().entrySet().stream())
                .filter(replica -> replica.getKey().topic().equals(topic.name()))
                .forEach(replica -> sizes.merge(replica.getKey(), size(replica.getValue()), Math::max));
        return sizes;
    }

    private static long size(ReplicaInfo replica) {
        return replica.size();
    }

    /** Of every consumer group of the cluster. */
    public Map<TopicPartition, List<Topics.GroupOffset>> groups() throws InterruptedException {
        Map<String, ListConsumerGroupOffsetsSpec> asked =
                Answers.of(admin.listGroups(ListGroupsOptions.forConsumerGroups())
                                .all())
                        .stream()
                        .map(GroupListing::groupId)
                        .collect(Collectors.toMap(Function.identity(), group -> new ListConsumerGroupOffsetsSpec()));
        Map<TopicPartition, List<Topics.GroupOffset>> offsets = new HashMap<>();
        if (!asked.isEmpty()) {
            Map<String, Map<TopicPartition, OffsetAndMetadata>> all =
                    Answers.of(admin.listConsumerGroupOffsets(asked).all());
            all.forEach((group, positions) -> positions.forEach((key, position) -> {
                if (position != null) {
                    offsets.computeIfAbsent(key, none -> new ArrayList<>())
                            .add(new Topics.GroupOffset(group, position.offset()));
                }
            }));
        }
        return offsets;
    }
}
