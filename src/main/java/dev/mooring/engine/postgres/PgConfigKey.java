package dev.mooring.engine.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * One key of the API's PostgreSQL configuration.
 *
 * @param parameter the server's parameter; null for what is none of the server's business
 * @param kind of the JSON value
 * @param least smallest value
 * @param most largest value
 * @param choices allowed texts; empty for what is no choice
 * @param unit what the server is told after a number, such as {@code ms}; empty for none
 */
record PgConfigKey(
        String name,
        @Nullable String parameter,
        Kind kind,
        @Nullable BigDecimal least,
        @Nullable BigDecimal most,
        Set<String> choices,
        String unit) {

    enum Kind {
        INTEGER,
        NUMBER,
        BOOLEAN,
        TEXT,
        /** Several of the choices, each once. */
        TEXTS,
        TIME_ZONE
    }

    /** Of a number that is told as it is; far more than any range has. */
    private static final int MOST_DIGITS = 64;

    /** What is wrong with the value. */
    @Nullable
    String problem(JsonNode value) {
        return switch (kind) {
            case INTEGER -> value.isIntegralNumber() ? range(value.decimalValue()) : "must be a whole number";
            case NUMBER ->
                value.isNumber() && Double.isFinite(value.doubleValue())
                        ? range(value.decimalValue())
                        : "must be a number";
            case BOOLEAN -> value.isBoolean() ? null : "must be true or false";
            case TEXT ->
                value.isTextual() && choices.contains(value.asText())
                        ? null
                        : "must be one of " + String.join(", ", choices);
            case TEXTS ->
                value.isArray() && areChoices(value) ? null : "must be a list of " + String.join(", ", choices);
            case TIME_ZONE ->
                value.isTextual() && isZone(value.asText())
                        ? null
                        : "must be the name of a time zone, such as Europe/Helsinki";
        };
    }

    /** A name of the time zone database. PostgreSQL would take descriptions in POSIX's own language too. */
    private static boolean isZone(String name) {
        return !name.startsWith("SystemV/") && ZoneId.getAvailableZoneIds().contains(name);
    }

    private boolean areChoices(JsonNode list) {
        Set<String> seen = new HashSet<>();
        list.forEach(one -> seen.add(one.isTextual() && choices.contains(one.asText()) ? one.asText() : null));
        return !seen.contains(null) && seen.size() == list.size();
    }

    private @Nullable String range(BigDecimal value) {
        if (least != null && value.compareTo(least) < 0) {
            return shown(value) + " is less than the minimum of " + least.toPlainString();
        }
        if (most != null && value.compareTo(most) > 0) {
            return shown(value) + " is more than the maximum of " + most.toPlainString();
        }
        return null;
    }

    /** A few characters can stand for a number of a billion digits. */
    private static String shown(BigDecimal value) {
        return Math.abs((long) value.scale()) > MOST_DIGITS ? value.toString() : value.toPlainString();
    }

    /** As the server is told. */
    String toServer(JsonNode value) {
        return switch (kind) {
            case BOOLEAN -> value.asBoolean() ? "on" : "off";
            case TEXT, TIME_ZONE -> value.asText();
            case TEXTS ->
                StreamSupport.stream(value.spliterator(), false)
                        .map(JsonNode::asText)
                        .collect(Collectors.joining(", "));
            case INTEGER, NUMBER ->
                value.decimalValue().signum() < 0
                        ? value.asText()
                        : value.decimalValue().toPlainString() + unit;
        };
    }

    /** From the server's base unit; null when it is not a value of this key. */
    @Nullable
    JsonNode fromServer(ServerParameter parameter) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return switch (kind) {
            case BOOLEAN -> json.booleanNode(parameter.value().equals("on"));
            case TEXT, TIME_ZONE ->
                json.textNode(
                        name.equals("log_error_verbosity")
                                ? parameter.value().toUpperCase(Locale.ROOT)
                                : parameter.value().strip());
            case TEXTS -> null;
            case NUMBER -> json.numberNode(new BigDecimal(parameter.value()).stripTrailingZeros());
            case INTEGER -> {
                BigDecimal value = new BigDecimal(parameter.value());
                yield json.numberNode(
                        value.signum() < 0
                                ? value.longValue()
                                : value.multiply(factor(parameter.unit()))
                                        .setScale(0, RoundingMode.HALF_UP)
                                        .longValue());
            }
        };
    }

    /** From the server's unit to the key's. */
    private BigDecimal factor(@Nullable String serverUnit) {
        return size(serverUnit).divide(size(unit), 12, RoundingMode.HALF_UP);
    }

    private static BigDecimal size(@Nullable String unit) {
        return switch (unit == null ? "" : unit) {
            case "", "B" -> BigDecimal.ONE;
            case "kB" -> BigDecimal.valueOf(1024);
            case "8kB" -> BigDecimal.valueOf(8192);
            case "MB" -> BigDecimal.valueOf(1024 * 1024);
            case "ms" -> BigDecimal.ONE;
            case "s" -> BigDecimal.valueOf(1000);
            case "min" -> BigDecimal.valueOf(60_000);
            default -> throw new IllegalStateException("unknown unit " + unit);
        };
    }
}
