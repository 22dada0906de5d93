package dev.mooring.database.topic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.dataplane.Topics;
import dev.mooring.engine.kafka.TopicConfig;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A topic on the wire. */
@Schema(name = "KafkaTopic")
public record TopicView(
        @Schema(examples = "orders") String name,
        @Schema(enumeration = "active") String state,
        int replicationFactor,
        int partitionCount,

        @Schema(description = "Of one topic alone, not in lists") @Nullable
        List<PartitionView> partitions,

        @Schema(implementation = Object.class, description = "Every key with the value in force") @Nullable
        JsonNode config) {

    private static final String ACTIVE = "active";

    @Schema(name = "KafkaTopicPartition")
    public record PartitionView(
            int id, long size, int inSyncReplicas, long earliestOffset, List<GroupView> consumerGroups) {}

    /** Under both names that clients know it by. */
    @Schema(name = "KafkaConsumerGroup")
    public record GroupView(String name, String groupName, long offset) {}

    @Schema(name = "NewKafkaTopic")
    public record NewTopic(
            @Schema(required = true, examples = "orders") String name,
            Integer partitionCount,

            @Schema(description = "Of more than there are brokers, each has one")
            Integer replicationFactor,

            @Schema(implementation = Object.class) ObjectNode config) {}

    @Schema(name = "KafkaTopicChange")
    public record Change(
            @Schema(description = "Fewer than there are mean no change")
            Integer partitionCount,

            @Schema(description = "Fewer than there are mean no change")
            Integer replicationFactor,

            @Schema(implementation = Object.class) ObjectNode config) {}

    static TopicView of(Topics.Topic topic) {
        return new TopicView(topic.name(), ACTIVE, topic.replication(), topic.partitions(), null, null);
    }

    static TopicView of(Topics.Detail topic) {
        return new TopicView(
                topic.name(),
                ACTIVE,
                topic.replication(),
                topic.partitions().size(),
                topic.partitions().stream()
                        .map(partition -> new PartitionView(
                                partition.id(),
                                partition.size(),
                                partition.inSync(),
                                partition.earliest(),
                                partition.groups().stream()
                                        .map(group -> new GroupView(group.group(), group.group(), group.offset()))
                                        .toList()))
                        .toList(),
                TopicConfig.effective(topic.config()));
    }
}
