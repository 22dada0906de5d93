package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kafka.Lag;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** Where partitions have their copies. */
public record Copies(Admin admin) {

    /**
     * @param all partitions
     * @param left those that are not where they should be yet
     */
    public record Moving(int all, int left) {}

    /**
     * Asks for a copy of every partition on each of these brokers, and on no other; the brokers' own topics too. Copies are made in the
     * background.
     *
     * @param ids of brokers
     */
    public Moving spread(List<Integer> ids) throws InterruptedException {
        Set<TopicPartition> moving =
                Answers.of(admin.listPartitionReassignments().reassignments()).keySet();
        Map<TopicPartition, Optional<NewPartitionReassignment>> places = new HashMap<>();
        int all = 0;
        int left = 0;
        for (TopicDescription topic : Lag.all(admin)) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                all++;
                TopicPartition key = new TopicPartition(topic.name(), partition.partition());
                Set<Integer> replicas = ids(partition.replicas());
                if (!replicas.equals(Set.copyOf(ids)) && !moving.contains(key)) {
                    places.put(key, Optional.of(new NewPartitionReassignment(rotated(ids, partition.partition()))));
                }
                if (!replicas.equals(Set.copyOf(ids))
                        || !ids(partition.isr()).equals(replicas)
                        || moving.contains(key)) {
                    left++;
                }
            }
        }
        if (!places.isEmpty()) {
            Answers.of(admin.alterPartitionReassignments(places).all());
        }
        return new Moving(all, left);
    }

    /** The first one leads: not the same for every partition. */
    private static List<Integer> rotated(List<Integer> ids, int by) {
        List<Integer> rotated = new ArrayList<>(ids);
        Collections.rotate(rotated, by);
        return rotated;
    }

    private static Set<Integer> ids(List<Node> nodes) {
        Set<Integer> ids = new HashSet<>();
        nodes.forEach(node -> ids.add(node.id()));
        return ids;
    }

    /** What one copy of everything takes. */
    public long bytes(KafkaManifest manifest) throws InterruptedException {
        return Answers.of(admin.describeLogDirs(manifest.brokerIds()).allDescriptions()).values().stream()
                .flatMap(folders -> folders.values().stream())
                .flatMap(folder -> folder.replicaInfos().values().stream())
                .mapToLong(replica -> replica.size())
                .sum();
    }
}
