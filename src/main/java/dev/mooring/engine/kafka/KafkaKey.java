package dev.mooring.engine.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One key of the API's configuration of a broker or of a topic.
 *
 * @param name in the API
 * @param property in Kafka; null for what is accepted and kept, and means nothing to a broker of today
 * @param kind of the JSON value
 * @param least smallest value
 * @param most largest value
 * @param choices Kafka's text by the API's; empty for what is no choice
 * @param otherwise the value as the API tells it where the broker has no such setting any more
 */
record KafkaKey(
        String name,
        @Nullable String property,
        Kind kind,
        @Nullable BigDecimal least,
        @Nullable BigDecimal most,
        Map<String, String> choices,
        @Nullable Object otherwise) {

    enum Kind {
        INTEGER,
        NUMBER,
        BOOLEAN,
        CHOICE
    }

    static final BigInteger NO_LIMIT = BigInteger.valueOf(Long.MAX_VALUE);

    /** What is wrong with the value. */
    @Nullable
    String problem(JsonNode value) {
        return switch (kind) {
            // The API's own documentation has defaults beyond 64 bits: they mean no limit.
            case INTEGER ->
                value.isIntegralNumber() || isWhole(value) ? range(clamped(value)) : "must be a whole number";
            case NUMBER ->
                value.isNumber() && Double.isFinite(value.doubleValue())
                        ? range(value.decimalValue())
                        : "must be a number";
            case BOOLEAN -> value.isBoolean() ? null : "must be true or false";
            case CHOICE ->
                value.isTextual() && choices.containsKey(value.asText())
                        ? null
                        : "must be one of " + choices.keySet().stream().sorted().collect(Collectors.joining(", "));
        };
    }

    /** As 9.223372036854776e18, which is how some clients write it. */
    private static boolean isWhole(JsonNode value) {
        return value.isFloatingPointNumber()
                && Double.isFinite(value.doubleValue())
                && Math.abs(value.doubleValue()) < 1e19
                && value.doubleValue() == Math.rint(value.doubleValue());
    }

    private static BigDecimal clamped(JsonNode value) {
        BigDecimal limit = new BigDecimal(NO_LIMIT);
        BigDecimal number = value.decimalValue();
        // Compared first: a few characters can stand for a number of a billion digits.
        return number.compareTo(limit) > 0 ? limit : number;
    }

    private @Nullable String range(BigDecimal value) {
        if (least != null && value.compareTo(least) < 0) {
            return value + " is less than the minimum of " + least.toPlainString();
        }
        if (most != null && value.compareTo(most) > 0) {
            return value + " is more than the maximum of " + most.toPlainString();
        }
        return null;
    }

    /** As Kafka is told. */
    @Nullable
    String toKafka(JsonNode value) {
        return switch (kind) {
            case INTEGER -> clamped(value).toBigInteger().toString();
            case NUMBER -> value.decimalValue().toPlainString();
            case BOOLEAN -> Boolean.toString(value.asBoolean());
            case CHOICE -> choices.get(value.asText());
        };
    }

    /** As the API tells what Kafka says; of several texts that mean the same, the first. */
    JsonNode fromKafka(String value) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return switch (kind) {
            case INTEGER -> json.numberNode(new BigInteger(value));
            case NUMBER -> json.numberNode(new BigDecimal(value));
            case BOOLEAN -> json.booleanNode(Boolean.parseBoolean(value));
            case CHOICE ->
                json.textNode(choices.entrySet().stream()
                        .filter(choice -> choice.getValue().equals(value))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElse(value));
        };
    }

    /** The value where no broker tells one. */
    JsonNode untold() {
        return JsonNodeFactory.instance.pojoNode(otherwise);
    }
}
