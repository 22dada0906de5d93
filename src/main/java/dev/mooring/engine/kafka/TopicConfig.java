package dev.mooring.engine.kafka;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.web.Problems;
import java.util.LinkedHashMap;
import java.util.Map;

/** The API's configuration of a topic: keys and ranges as its specification has them. */
public final class TopicConfig {

    private static final long INT_MAX = Integer.MAX_VALUE;
    private static final long LONG_MAX = Long.MAX_VALUE;
    private static final String FORMAT = "message_format_version";

    private static final KafkaKeys KEYS = new KafkaKeys("Kafka topics")
            .choice("cleanup_policy", "cleanup.policy", policies())
            .choice("compression_type", "compression.type", compression())
            .integer("delete_retention_ms", 0, LONG_MAX)
            .integer("file_delete_delay_ms", 0, LONG_MAX)
            .integer("flush_messages", 1, LONG_MAX)
            .integer("flush_ms", 0, LONG_MAX)
            .integer("index_interval_bytes", 0, INT_MAX)
            .integer("max_compaction_lag_ms", 1, LONG_MAX)
            .integer("max_message_bytes", 0, INT_MAX)
            .former("message_down_conversion_enable", KafkaKey.Kind.BOOLEAN, Map.of(), true)
            .former(FORMAT, KafkaKey.Kind.CHOICE, formats(), "3.0-IV1")
            .choice("message_timestamp_type", "message.timestamp.type", timestamps())
            .number("min_cleanable_dirty_ratio", "min.cleanable.dirty.ratio", 0, 1)
            .integer("min_compaction_lag_ms", 0, LONG_MAX)
            .integer("min_insync_replicas", 1, INT_MAX)
            .bool("preallocate", "preallocate")
            .integer("retention_bytes", -1, LONG_MAX)
            .integer("retention_ms", -1, LONG_MAX)
            .integer("segment_bytes", 14, INT_MAX)
            .integer("segment_jitter_ms", "segment.jitter.ms", 0, LONG_MAX)
            .integer("segment_ms", 1, LONG_MAX)
            .integer("message_timestamp_difference_max_ms", "message.timestamp.before.max.ms", 0, LONG_MAX)
            .integer("segment_index_bytes", "segment.index.bytes", 4, INT_MAX);

    private TopicConfig() {}

    private static Map<String, String> policies() {
        Map<String, String> policies = new LinkedHashMap<>();
        policies.put("delete", "delete");
        policies.put("compact", "compact");
        policies.put("compact_delete", "compact,delete");
        policies.put("delete_compact", "delete,compact");
        return policies;
    }

    /** The specification has a capital i where an l is meant. */
    private static Map<String, String> compression() {
        Map<String, String> all = new LinkedHashMap<>(KafkaConfig.COMPRESSION);
        all.put("Iz4", "lz4");
        return all;
    }

    private static Map<String, String> timestamps() {
        return Map.of("create_time", "CreateTime", "log_append_time", "LogAppendTime");
    }

    private static Map<String, String> formats() {
        Map<String, String> formats = new LinkedHashMap<>();
        for (String format :
                ("0.8.0 0.8.1 0.8.2 0.9.0 0.10.0-IV0 0.10.0-IV1 0.10.1-IV0 0.10.1-IV1 0.10.1-IV2 0.10.2-IV0"
                                + " 0.11.0-IV0 0.11.0-IV1 0.11.0-IV2 1.0-IV0 1.1-IV0 2.0-IV0 2.0-IV1 2.1-IV0 2.1-IV1 2.1-IV2"
                                + " 2.2-IV0 2.2-IV1 2.3-IV0 2.3-IV1 2.4-IV0 2.4-IV1 2.5-IV0 2.6-IV0 2.7-IV0 2.7-IV1 2.7-IV2"
                                + " 2.8-IV0 2.8-IV1 3.0-IV0 3.0-IV1 3.1-IV0 3.2-IV0 3.3-IV0 3.3-IV1 3.3-IV2 3.3-IV3")
                        .split(" ")) {
            formats.put(format, format);
        }
        return formats;
    }

    public static void check(Problems problems, ObjectNode wanted) {
        KEYS.check(problems, wanted, Map.of());
    }

    /** As properties of the topic. */
    public static Map<String, String> properties(ObjectNode config) {
        return KEYS.properties(config);
    }

    /** Every key with the value in force. */
    public static ObjectNode effective(Map<String, String> inForce) {
        return KEYS.effective(JsonNodeFactory.instance.objectNode(), inForce);
    }
}
