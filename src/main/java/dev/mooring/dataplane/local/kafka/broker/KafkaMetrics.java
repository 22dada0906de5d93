package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kafka.Lag;
import dev.mooring.dataplane.kafka.Partitions;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;

/** A cluster's measurements in the Prometheus text format, under the names that kafka_exporter's dashboards know. */
public final class KafkaMetrics {

    private KafkaMetrics() {}

    /** @param measured what each broker that runs measures of itself, by its number */
    public static String collect(KafkaManifest manifest, Admin admin, Map<Integer, Map<String, String>> measured)
            throws InterruptedException {
        StringBuilder text = new StringBuilder();
        brokers(text, manifest, measured);
        try {
            int present = Answers.of(admin.describeCluster().nodes()).size();
            family(text, "kafka_up", "Whether the brokers answer");
            sample(text, "kafka_up", "", 1);
            family(text, "kafka_brokers", "Brokers that take part");
            sample(text, "kafka_brokers", "", present);
            family(text, "kafka_brokers_wanted", "Brokers that should take part");
            sample(text, "kafka_brokers_wanted", "", manifest.brokers().size());
            topics(text, admin);
        } catch (Topics.Unreachable e) {
            family(text, "kafka_up", "Whether the brokers answer");
            sample(text, "kafka_up", "", 0);
        }
        return text.toString();
    }

    private static void brokers(
            StringBuilder text, KafkaManifest manifest, Map<Integer, Map<String, String>> measured) {
        family(text, "kafka_broker_up", "Whether the broker's process runs");
        manifest.brokerIds()
                .forEach(id -> sample(text, "kafka_broker_up", broker(id), measured.containsKey(id) ? 1 : 0));
        Set<String> names = new TreeSet<>();
        measured.values().forEach(values -> names.addAll(values.keySet()));
        for (String name : names) {
            text.append("# TYPE ").append(name).append(name.endsWith("_total") ? " counter\n" : " gauge\n");
            measured.forEach((id, values) -> {
                if (values.containsKey(name)) {
                    text.append(name)
                            .append('{')
                            .append(broker(id))
                            .append("} ")
                            .append(values.get(name))
                            .append('\n');
                }
            });
        }
    }

    private static String broker(int id) {
        return label("broker", Integer.toString(id));
    }

    private static void topics(StringBuilder text, Admin admin) throws InterruptedException {
        family(text, "kafka_topic_partitions", "Partitions of a topic");
        List<TopicDescription> topics = Lag.all(admin).stream()
                .filter(topic -> !topic.name().startsWith("__"))
                .toList();
        topics.forEach(topic -> sample(
                text,
                "kafka_topic_partitions",
                label("topic", topic.name()),
                topic.partitions().size()));
        family(text, "kafka_topic_partition_in_sync_replica", "Copies of a partition that are in step");
        topics.forEach(topic -> topic.partitions()
                .forEach(partition -> sample(
                        text,
                        "kafka_topic_partition_in_sync_replica",
                        partition(topic.name(), partition.partition()),
                        partition.isr().size())));
        family(
                text,
                "kafka_topic_partition_under_replicated_partition",
                "Whether a copy of a partition is not in step");
        topics.forEach(topic -> topic.partitions()
                .forEach(partition -> sample(
                        text,
                        "kafka_topic_partition_under_replicated_partition",
                        partition(topic.name(), partition.partition()),
                        partition.isr().size() < partition.replicas().size() ? 1 : 0)));
        Partitions partitions = new Partitions(admin);
        Map<TopicPartition, List<Topics.GroupOffset>> groups = partitions.groups();
        StringBuilder lags = new StringBuilder();
        family(text, "kafka_topic_partition_current_offset", "Offset of the next record of a partition");
        family(lags, "kafka_consumergroup_lag", "Records of a partition that a group has not read yet");
        StringBuilder positions = new StringBuilder();
        family(positions, "kafka_consumergroup_current_offset", "Offset up to which a group has read a partition");
        StringBuilder oldest = new StringBuilder();
        family(oldest, "kafka_topic_partition_oldest_offset", "Offset of the oldest record of a partition");
        for (TopicDescription topic : topics) {
            partitions.offsets(topic, OffsetSpec.latest()).forEach((key, offset) -> {
                String labels = partition(key.topic(), key.partition());
                sample(text, "kafka_topic_partition_current_offset", labels, offset);
                groups.getOrDefault(key, List.of()).forEach(group -> {
                    String reader = label("consumergroup", group.group()) + "," + labels;
                    sample(lags, "kafka_consumergroup_lag", reader, Math.max(0, offset - group.offset()));
                    sample(positions, "kafka_consumergroup_current_offset", reader, group.offset());
                });
            });
            partitions
                    .offsets(topic, OffsetSpec.earliest())
                    .forEach((key, offset) -> sample(
                            oldest,
                            "kafka_topic_partition_oldest_offset",
                            partition(key.topic(), key.partition()),
                            offset));
        }
        text.append(oldest).append(positions).append(lags);
    }

    private static void family(StringBuilder text, String name, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(" gauge\n");
    }

    private static void sample(StringBuilder text, String name, String labels, long value) {
        text.append(name);
        if (!labels.isEmpty()) {
            text.append('{').append(labels).append('}');
        }
        text.append(' ').append(value).append('\n');
    }

    private static String partition(String topic, int partition) {
        return label("topic", topic) + "," + label("partition", Integer.toString(partition));
    }

    /** Names of groups are the clients' own. */
    private static String label(String name, String value) {
        return name + "=\"" + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }
}
