package dev.mooring.engine.kafka;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.web.Problems;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The API's configuration of a Kafka cluster: keys and ranges as its specification has them. */
public final class KafkaConfig {

    private static final long INT_MAX = Integer.MAX_VALUE;
    private static final long LONG_MAX = Long.MAX_VALUE;
    private static final String COPIES = "default.replication.factor";

    static final Map<String, String> COMPRESSION = Map.of(
            "gzip", "gzip",
            "snappy", "snappy",
            "lz4", "lz4",
            "zstd", "zstd",
            "uncompressed", "uncompressed",
            "producer", "producer");

    private static final Map<String, String> ELSEWHERE = Map.of(
            "schema_registry", "a schema registry is not available in this version of Mooring, only false is possible");

    private static final KafkaKeys KEYS = new KafkaKeys("Kafka clusters")
            .choice("compression_type", "compression.type", COMPRESSION)
            .integer("group_initial_rebalance_delay_ms", 0, 300_000)
            .integer("group_min_session_timeout_ms", 0, 60_000)
            .integer("group_max_session_timeout_ms", 0, 1_800_000)
            .integer("connections_max_idle_ms", 1000, 3_600_000)
            .integer("max_incremental_fetch_session_cache_slots", 1000, 10_000)
            .integer("message_max_bytes", 0, 100_001_200)
            .integer("offsets_retention_minutes", 1, INT_MAX)
            .integer("log_cleaner_delete_retention_ms", 0, 315_569_260_000L)
            .number("log_cleaner_min_cleanable_ratio", "log.cleaner.min.cleanable.ratio", 0.2, 0.9)
            .integer("log_cleaner_max_compaction_lag_ms", 30_000, LONG_MAX)
            .integer("log_cleaner_min_compaction_lag_ms", 0, LONG_MAX)
            .choice(
                    "log_cleanup_policy",
                    "log.cleanup.policy",
                    Map.of("delete", "delete", "compact", "compact", "compact,delete", "compact,delete"))
            .integer("log_flush_interval_messages", 1, LONG_MAX)
            .integer("log_flush_interval_ms", 0, LONG_MAX)
            .integer("log_index_interval_bytes", 0, 104_857_600)
            .integer("log_index_size_max_bytes", 1_048_576, 104_857_600)
            .former("log_message_downconversion_enable", KafkaKey.Kind.BOOLEAN, Map.of(), true)
            .choice(
                    "log_message_timestamp_type",
                    "log.message.timestamp.type",
                    Map.of("CreateTime", "CreateTime", "LogAppendTime", "LogAppendTime"))
            .integer("log_message_timestamp_difference_max_ms", "log.message.timestamp.before.max.ms", 0, LONG_MAX)
            .bool("log_preallocate", "log.preallocate")
            .integer("log_retention_bytes", -1, LONG_MAX)
            .integer("log_retention_hours", -1, INT_MAX)
            .integer("log_retention_ms", -1, LONG_MAX)
            .integer("log_roll_jitter_ms", 0, LONG_MAX)
            .integer("log_roll_ms", 1, LONG_MAX)
            .integer("log_segment_bytes", 10_485_760, 1_073_741_824)
            .integer("log_segment_delete_delay_ms", "log.segment.delete.delay.ms", 0, 3_600_000)
            .bool("auto_create_topics_enable", "auto.create.topics.enable")
            .integer("min_insync_replicas", 1, 7)
            .integer("num_partitions", 1, 1000)
            .integer("default_replication_factor", 1, 10)
            .integer("replica_fetch_max_bytes", 1_048_576, 104_857_600)
            .integer("replica_fetch_response_max_bytes", 10_485_760, 1_048_576_000)
            .integer("max_connections_per_ip", 256, INT_MAX)
            .integer("producer_purgatory_purge_interval_requests", 10, 10_000)
            .integer("socket_request_max_bytes", 10_485_760, 209_715_200)
            .integer("transaction_state_log_segment_bytes", 1_048_576, INT_MAX)
            .integer("transaction_remove_expired_transaction_cleanup_interval_ms", 600_000, 3_600_000);

    private KafkaConfig() {}

    public static void check(Problems problems, ObjectNode wanted) {
        ObjectNode rest = wanted.deepCopy();
        if (rest.path("schema_registry").isBoolean()
                && !rest.path("schema_registry").asBoolean()) {
            rest.remove("schema_registry");
        }
        KEYS.check(problems, rest, ELSEWHERE);
    }

    /** What the owner set, as properties of the brokers. */
    static Map<String, String> parameters(ObjectNode config) {
        return KEYS.properties(config);
    }

    /** Every key with the value in force; only what the owner set while no broker can be asked. */
    public static ObjectNode effective(ObjectNode config, Map<String, String> inForce) {
        return KEYS.effective(config, inForce).put("schema_registry", false);
    }

    /**
     * The keys for which the brokers have to be restarted: those that no running broker changes and that are set to something
     * else than before, or for the first time.
     *
     * @param own what was set before
     * @param brokers how many there are: no copy is asked for that none of them could hold
     */
    public static List<String> restarts(
            ObjectNode own, ObjectNode wanted, Map<String, ServerParameter> inForce, int brokers) {
        Map<String, String> before = KEYS.properties(own);
        Map<String, String> after = KEYS.properties(wanted);
        return KEYS.fixed(wanted, inForce).entrySet().stream()
                .filter(key -> {
                    String was = before.get(key.getValue());
                    String is = after.get(key.getValue());
                    return was == null
                            || !(key.getValue().equals(COPIES)
                                    ? Math.min(brokers, Integer.parseInt(was))
                                            == Math.min(brokers, Integer.parseInt(is))
                                    : was.equals(is));
                })
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Nothing has more copies than there are brokers. */
    public static Map<String, String> clamped(Map<String, String> settings, int brokers) {
        return settings.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> entry.getKey().equals(COPIES) || entry.getKey().equals("min.insync.replicas")
                                ? Integer.toString(Math.min(brokers, Integer.parseInt(entry.getValue())))
                                : entry.getValue()));
    }
}
