package dev.mooring.engine.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.web.Problems;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The part of a PostgreSQL cluster's configuration that its connection pools have: keys and ranges as the API's specification has them. */
public final class PgBouncerConfig {

    /** Its key in the cluster's configuration. */
    public static final String KEY = "pgbouncer";

    /** Of databases that clients reach without a pool that was made for them. */
    private static final String AUTOMATIC = "autodb_";

    private static final Map<String, PgConfigKey> KEYS = new LinkedHashMap<>();
    private static final ObjectNode DEFAULTS = JsonNodeFactory.instance.objectNode();

    static {
        key("server_reset_query_always", PgConfigKey.Kind.BOOLEAN, 0, 0, List.of());
        DEFAULTS.put("server_reset_query_always", false);
        key("ignore_startup_parameters", PgConfigKey.Kind.TEXTS, 0, 0, List.of("extra_float_digits", "search_path"));
        // Some drivers send it at each start, and it is the server's own default by now.
        DEFAULTS.putArray("ignore_startup_parameters").add("extra_float_digits");
        key("min_pool_size", PgConfigKey.Kind.INTEGER, 0, 10_000, List.of());
        DEFAULTS.put("min_pool_size", 0);
        key("server_lifetime", PgConfigKey.Kind.INTEGER, 60, 86_400, List.of());
        DEFAULTS.put("server_lifetime", 3600);
        key("server_idle_timeout", PgConfigKey.Kind.INTEGER, 0, 86_400, List.of());
        DEFAULTS.put("server_idle_timeout", 600);
    }

    private PgBouncerConfig() {}

    private static void key(String name, PgConfigKey.Kind kind, long least, long most, List<String> choices) {
        KEYS.put(
                name,
                new PgConfigKey(
                        name,
                        name,
                        kind,
                        BigDecimal.valueOf(least),
                        BigDecimal.valueOf(most),
                        new LinkedHashSet<>(choices),
                        ""));
    }

    static void check(Problems problems, JsonNode wanted) {
        if (!wanted.isObject()) {
            problems.check(false, "config." + KEY, "must be an object, such as {\"server_lifetime\": 3600}");
            return;
        }
        wanted.properties().forEach(field -> {
            String at = "config." + KEY + "." + field.getKey();
            PgConfigKey key = KEYS.get(field.getKey());
            if (key == null) {
                problems.check(
                        false,
                        at,
                        field.getKey().startsWith(AUTOMATIC)
                                ? "no database has a pool that nobody has made; make one with a mode and size of its own"
                                : "is not a configuration key of connection pools");
                return;
            }
            String problem = key.problem(field.getValue());
            problems.check(problem == null, at, problem);
        });
    }

    /** Every key with the value in force. */
    static ObjectNode effective(ObjectNode config) {
        ObjectNode effective = DEFAULTS.deepCopy();
        if (config.path(KEY).isObject()) {
            effective.setAll((ObjectNode) config.get(KEY));
        }
        return effective;
    }

    /** As PgBouncer's own file has them, for whoever has set nothing. */
    public static Map<String, String> defaults() {
        return settings(JsonNodeFactory.instance.objectNode());
    }

    /**
     * As PgBouncer's own file has them.
     *
     * @param config of the cluster
     */
    static Map<String, String> settings(ObjectNode config) {
        Map<String, String> settings = new LinkedHashMap<>();
        effective(config)
                .properties()
                .forEach(field -> settings.put(field.getKey(), inFile(field.getKey(), field.getValue())));
        return settings;
    }

    private static String inFile(String key, JsonNode value) {
        return value.isBoolean()
                ? (value.asBoolean() ? "1" : "0")
                : Objects.requireNonNull(KEYS.get(key), key).toServer(value);
    }
}
