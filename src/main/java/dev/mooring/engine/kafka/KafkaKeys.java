package dev.mooring.engine.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.web.Problems;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keys of one object of the API, in its order. */
final class KafkaKeys {

    private final Map<String, KafkaKey> keys = new LinkedHashMap<>();
    private final String subject;

    /**
     * @param subject whose keys they are, for errors
     */
    KafkaKeys(String subject) {
        this.subject = subject;
    }

    KafkaKeys integer(String name, long least, long most) {
        return integer(name, name.replace('_', '.'), least, most);
    }

    KafkaKeys integer(String name, String property, long least, long most) {
        return put(
                name, property, KafkaKey.Kind.INTEGER, BigDecimal.valueOf(least), BigDecimal.valueOf(most), Map.of());
    }

    KafkaKeys number(String name, String property, double least, double most) {
        return put(name, property, KafkaKey.Kind.NUMBER, BigDecimal.valueOf(least), BigDecimal.valueOf(most), Map.of());
    }

    KafkaKeys bool(String name, String property) {
        return put(name, property, KafkaKey.Kind.BOOLEAN, null, null, Map.of());
    }

    KafkaKeys choice(String name, String property, Map<String, String> choices) {
        return put(name, property, KafkaKey.Kind.CHOICE, null, null, choices);
    }

    /** What brokers have no setting for any more: clients go on sending it, and are told what they sent. */
    KafkaKeys former(String name, KafkaKey.Kind kind, Map<String, String> choices, Object otherwise) {
        keys.put(name, new KafkaKey(name, null, kind, null, null, choices, otherwise));
        return this;
    }

    private KafkaKeys put(
            String name,
            String property,
            KafkaKey.Kind kind,
            @Nullable BigDecimal least,
            @Nullable BigDecimal most,
            Map<String, String> choices) {
        keys.put(name, new KafkaKey(name, property, kind, least, most, choices, null));
        return this;
    }

    /**
     * @param elsewhere keys that are known and cannot be set, with the reason
     */
    void check(Problems problems, ObjectNode wanted, Map<String, String> elsewhere) {
        wanted.properties().forEach(field -> {
            KafkaKey key = keys.get(field.getKey());
            if (key == null) {
                problems.check(
                        false,
                        "config." + field.getKey(),
                        elsewhere.getOrDefault(field.getKey(), "is not a configuration key of " + subject));
                return;
            }
            String problem = key.problem(field.getValue());
            if (problem != null) {
                problems.add("invalid input for config '" + field.getKey() + "': " + problem);
            }
        });
    }

    /** As properties of Kafka. */
    Map<String, String> properties(ObjectNode config) {
        Map<String, String> properties = new LinkedHashMap<>();
        config.properties().forEach(field -> {
            KafkaKey key = keys.get(field.getKey());
            // What was stored before its rule was as strict as it is now goes to no broker.
            if (key != null && key.property() != null && key.problem(field.getValue()) == null) {
                properties.put(key.property(), key.toKafka(field.getValue()));
            }
        });
        return properties;
    }

    /**
     * Every key with its value.
     *
     * @param own what was set, which goes before what is told where a broker has no such setting
     * @param inForce by Kafka's own names; empty while nobody can be asked
     */
    ObjectNode effective(ObjectNode own, Map<String, String> inForce) {
        ObjectNode effective = JsonNodeFactory.instance.objectNode();
        keys.values().forEach(key -> {
            String told = key.property() == null ? null : inForce.get(key.property());
            JsonNode value = told != null
                    ? key.fromKafka(told)
                    : own.has(key.name()) ? own.get(key.name()) : key.otherwise() == null ? null : key.untold();
            if (value != null) {
                effective.set(key.name(), value);
            }
        });
        return effective;
    }

    /** The wanted keys that no running broker changes, each with its property. */
    Map<String, String> fixed(ObjectNode wanted, Map<String, ServerParameter> inForce) {
        Map<String, String> fixed = new LinkedHashMap<>();
        keys.values().stream()
                .filter(key -> key.property() != null && wanted.has(key.name()))
                .filter(key -> inForce.containsKey(key.property())
                        && inForce.get(key.property()).fixed())
                .forEach(key -> fixed.put(key.name(), key.property()));
        return fixed;
    }
}
