package dev.mooring.engine.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.engine.Plan;
import dev.mooring.web.Problems;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The API's configuration of a PostgreSQL cluster: keys and ranges as its specification has them. */
public final class PgConfig {

    private static final String SHARED_BUFFERS = "shared_buffers_percentage";
    private static final String MAX_CONNECTIONS = "max_connections";
    private static final long INT_MAX = Integer.MAX_VALUE;
    private static final int PAGES_PER_MEGABYTE = 128;

    /** Keys of things that a plain PostgreSQL does not have or that this version of Mooring does not do, with the reason. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "pg_partman_bgw.role", "the extension pg_partman is not installed",
            "pg_partman_bgw.interval", "the extension pg_partman is not installed",
            "timescaledb", "the extension timescaledb is not installed",
            "max_failover_replication_time_lag", "a failover loses nothing here, however far a standby node is behind",
            "stat_monitor_enable", "the extension pg_stat_monitor is not installed");

    /** Defaults of other engines that DigitalOcean's TypeScript client adds to every change, whatever the engine. */
    private static final Set<String> NOISE =
            Set.of("default_read_concern", "default_write_concern", "log_output", "script_max_compilations_rate");

    /** Whether commits wait for a standby node: {@link #QUORUM} or off. The server keeps it for whoever sees to its nodes. */
    public static final String SYNCHRONOUS = "mooring.synchronous_replication";

    public static final String QUORUM = "quorum";

    private static final Map<String, PgConfigKey> KEYS = new LinkedHashMap<>();

    static {
        key(BackupTime.HOUR, null, PgConfigKey.Kind.INTEGER, BigDecimal.ZERO, BigDecimal.valueOf(23), Set.of(), "");
        key(BackupTime.MINUTE, null, PgConfigKey.Kind.INTEGER, BigDecimal.ZERO, BigDecimal.valueOf(59), Set.of(), "");
        integer("autovacuum_freeze_max_age", 200_000_000, 1_500_000_000, "");
        integer("autovacuum_max_workers", 1, 20, "");
        integer("autovacuum_naptime", 1, 86400, "s");
        integer("autovacuum_vacuum_threshold", 0, INT_MAX, "");
        integer("autovacuum_analyze_threshold", 0, INT_MAX, "");
        number("autovacuum_vacuum_scale_factor", 0, 1);
        number("autovacuum_analyze_scale_factor", 0, 1);
        integer("autovacuum_vacuum_cost_delay", -1, 100, "ms");
        integer("autovacuum_vacuum_cost_limit", -1, 10000, "");
        integer("bgwriter_delay", 10, 10000, "ms");
        integer("bgwriter_flush_after", 0, 2048, "kB");
        integer("bgwriter_lru_maxpages", 0, 1073741823, "");
        number("bgwriter_lru_multiplier", 0, 10);
        integer("deadlock_timeout", 500, 1800000, "ms");
        choice("default_toast_compression", "pglz", "lz4");
        integer("idle_in_transaction_session_timeout", 0, 604800000, "ms");
        key("jit", "jit", PgConfigKey.Kind.BOOLEAN, null, null, Set.of(), "");
        integer("log_autovacuum_min_duration", -1, INT_MAX, "ms");
        choice("log_error_verbosity", "TERSE", "DEFAULT", "VERBOSE");
        choice(
                "log_line_prefix",
                "pid=%p,user=%u,db=%d,app=%a,client=%h",
                "%m [%p] %q[user=%u,db=%d,app=%a]",
                "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h");
        integer("log_min_duration_statement", -1, 86400000, "ms");
        integer("max_files_per_process", 1000, 4096, "");
        integer("max_prepared_transactions", 0, 10000, "");
        integer("max_pred_locks_per_transaction", 64, 640, "");
        integer("max_locks_per_transaction", 64, 6400, "");
        integer("max_stack_depth", 2097152, 6291456, "B");
        integer("max_standby_archive_delay", 1, 43200000, "ms");
        integer("max_standby_streaming_delay", 1, 43200000, "ms");
        integer("max_replication_slots", 8, 64, "");
        integer("max_logical_replication_workers", 4, 64, "");
        integer("max_parallel_workers", 0, 96, "");
        integer("max_parallel_workers_per_gather", 0, 96, "");
        integer("max_worker_processes", 8, 96, "");
        choice("pg_stat_statements.track", "all", "top", "none");
        integer("temp_file_limit", -1, INT_MAX, "kB");
        key("timezone", "TimeZone", PgConfigKey.Kind.TIME_ZONE, null, null, Set.of(), "");
        integer("track_activity_query_size", 1024, 10240, "B");
        key(
                "synchronous_replication",
                SYNCHRONOUS,
                PgConfigKey.Kind.TEXT,
                null,
                null,
                new LinkedHashSet<>(List.of("off", QUORUM)),
                "");
        choice("track_commit_timestamp", "off", "on");
        choice("track_functions", "all", "pl", "none");
        choice("track_io_timing", "off", "on");
        integer("max_wal_senders", 20, 64, "");
        integer("wal_sender_timeout", 0, 10800000, "ms");
        integer("wal_writer_delay", 10, 200, "ms");
        key(
                SHARED_BUFFERS,
                "shared_buffers",
                PgConfigKey.Kind.NUMBER,
                BigDecimal.valueOf(20),
                BigDecimal.valueOf(60),
                Set.of(),
                "");
        integer("work_mem", 1, 1024, "MB");
        integer(MAX_CONNECTIONS, 25, 262143, "");
        integer("max_slot_wal_keep_size", -1, INT_MAX, "MB");
    }

    private PgConfig() {}

    private static void integer(String name, long least, long most, String unit) {
        key(name, name, PgConfigKey.Kind.INTEGER, BigDecimal.valueOf(least), BigDecimal.valueOf(most), Set.of(), unit);
    }

    private static void number(String name, long least, long most) {
        key(name, name, PgConfigKey.Kind.NUMBER, BigDecimal.valueOf(least), BigDecimal.valueOf(most), Set.of(), "");
    }

    private static void choice(String name, String... choices) {
        key(name, name, PgConfigKey.Kind.TEXT, null, null, new LinkedHashSet<>(List.of(choices)), "");
    }

    private static void key(
            String name,
            @Nullable String parameter,
            PgConfigKey.Kind kind,
            @Nullable BigDecimal least,
            @Nullable BigDecimal most,
            Set<String> choices,
            String unit) {
        KEYS.put(name, new PgConfigKey(name, parameter, kind, least, most, choices, unit));
    }

    public static ObjectNode read(ObjectMapper mapper, String json) {
        try {
            return (ObjectNode) mapper.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored configuration is not JSON: " + e.getOriginalMessage());
        }
    }

    /** What a caller wants to set, without what its client has added. */
    public static ObjectNode wanted(JsonNode config) {
        return ((ObjectNode) config.deepCopy()).remove(NOISE);
    }

    /**
     * Checks what a caller wants to set.
     *
     * @param before what is set now
     */
    public static void check(Problems problems, ObjectNode wanted, ObjectNode before) {
        wanted.properties().forEach(field -> {
            PgConfigKey key = KEYS.get(field.getKey());
            if (field.getKey().equals(PgBouncerConfig.KEY)) {
                PgBouncerConfig.check(problems, field.getValue());
                return;
            }
            if (key == null) {
                problems.check(
                        false,
                        "config." + field.getKey(),
                        ELSEWHERE.getOrDefault(field.getKey(), "is not a configuration key of PostgreSQL clusters"));
                return;
            }
            String problem = key.problem(field.getValue());
            if (problem != null) {
                problems.add("invalid input for config '" + field.getKey() + "': " + problem);
            } else if (key.name().equals("wal_sender_timeout")) {
                long timeout = field.getValue().asLong();
                problems.check(
                        timeout == 0 || timeout >= 5000, "config.wal_sender_timeout", "must be 0 or 5000 to 10800000");
            } else if (key.name().equals(MAX_CONNECTIONS) && before.has(MAX_CONNECTIONS)) {
                problems.check(
                        field.getValue().asLong() >= before.get(MAX_CONNECTIONS).asLong(),
                        "config.max_connections",
                        "cannot be lowered once it is set; it is "
                                + before.get(MAX_CONNECTIONS).asLong());
            }
        });
    }

    /** What is set once the wanted is, too. Of an object only what is named changes. */
    public static ObjectNode merged(ObjectNode config, ObjectNode wanted) {
        ObjectNode merged = config.deepCopy();
        wanted.properties().forEach(field -> {
            if (field.getValue().isObject() && merged.path(field.getKey()).isObject()) {
                ((ObjectNode) merged.get(field.getKey())).setAll((ObjectNode) field.getValue());
            } else {
                merged.set(field.getKey(), field.getValue());
            }
        });
        return merged;
    }

    /** What the owner set, as parameters of the server. */
    public static Map<String, String> parameters(ObjectNode config, Plan plan) {
        Map<String, String> parameters = new LinkedHashMap<>();
        config.properties().forEach(field -> {
            PgConfigKey key = KEYS.get(field.getKey());
            // What was stored before its rule was as strict as it is now goes to no server.
            if (key == null || key.parameter() == null || key.problem(field.getValue()) != null) {
                return;
            }
            parameters.put(
                    key.parameter(),
                    key.name().equals(SHARED_BUFFERS)
                            ? megabytes(plan, field.getValue()) + "MB"
                            : key.toServer(field.getValue()));
        });
        return parameters;
    }

    /** Every key with the value in force; only what the owner set while the server cannot be asked. */
    public static ObjectNode effective(
            ObjectNode config, BackupTime backup, Map<String, ServerParameter> parameters, Plan plan) {
        ObjectNode effective = JsonNodeFactory.instance.objectNode();
        effective.put(BackupTime.HOUR, backup.hour()).put(BackupTime.MINUTE, backup.minute());
        KEYS.values().forEach(key -> {
            // What is Mooring's own has none; maps that cannot be changed do not let themselves be asked for null.
            ServerParameter parameter = key.parameter() == null ? null : parameters.get(key.parameter());
            if (config.has(key.name())) {
                effective.set(key.name(), config.get(key.name()));
            } else if (parameter != null && key.name().equals(SHARED_BUFFERS)) {
                effective.put(
                        key.name(),
                        Math.round(Double.parseDouble(parameter.value()) * 8 / 1024 * 100 / plan.memoryMib()));
            } else if (parameter != null) {
                effective.set(key.name(), key.fromServer(parameter));
            }
        });
        effective.set(PgBouncerConfig.KEY, PgBouncerConfig.effective(config));
        return effective;
    }

    /**
     * The keys for which the server has to be restarted.
     *
     * @param changed keys that get another value
     */
    public static List<String> restarts(ObjectNode changed, Map<String, ServerParameter> inForce, Plan plan) {
        return KEYS.values().stream()
                .filter(key -> key.parameter() != null && changed.has(key.name()))
                .filter(key -> {
                    ServerParameter parameter = inForce.get(key.parameter());
                    return parameter != null
                            && parameter.fixed()
                            && !(key.name().equals(SHARED_BUFFERS)
                                    && pages(plan, changed.get(key.name())) == Long.parseLong(parameter.value()));
                })
                .map(PgConfigKey::name)
                .toList();
    }

    /** Several percentages may be the same number of megabytes. */
    private static long pages(Plan plan, JsonNode percentage) {
        return megabytes(plan, percentage) * PAGES_PER_MEGABYTE;
    }

    private static long megabytes(Plan plan, JsonNode percentage) {
        return Math.round(plan.memoryMib() * percentage.asDouble() / 100);
    }
}
