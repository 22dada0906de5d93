package dev.mooring.mcp.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a tool is called with.
 *
 * @param meaning for agents
 * @param oneOf what a text has to be one of; empty for any text
 * @param least of a number
 * @param most of a number
 */
record Parameter(String name, Type type, String meaning, boolean required, List<String> oneOf, int least, int most) {

    /** Names, ids, times and versions are shorter. */
    private static final int LONGEST = 255;

    enum Type {
        TEXT("string"),
        FLAG("boolean"),
        NUMBER("integer");

        private final String json;

        Type(String json) {
            this.json = json;
        }
    }

    static Parameter text(String name, String meaning) {
        return new Parameter(name, Type.TEXT, meaning, false, List.of(), 0, 0);
    }

    static Parameter oneOf(String name, String meaning, String... values) {
        return new Parameter(name, Type.TEXT, meaning, false, List.of(values), 0, 0);
    }

    static Parameter flag(String name, String meaning) {
        return new Parameter(name, Type.FLAG, meaning, false, List.of(), 0, 0);
    }

    static Parameter number(String name, String meaning, int least, int most) {
        return new Parameter(name, Type.NUMBER, meaning, false, List.of(), least, most);
    }

    Parameter needed() {
        return new Parameter(name, type, meaning, true, oneOf, least, most);
    }

    /** As JSON Schema. */
    ObjectNode schema() {
        ObjectNode schema =
                JsonNodeFactory.instance.objectNode().put("type", type.json).put("description", meaning);
        switch (type) {
            case FLAG -> {}
            case NUMBER -> schema.put("minimum", least).put("maximum", most);
            case TEXT -> {
                if (oneOf.isEmpty()) {
                    schema.put("maxLength", LONGEST);
                } else {
                    oneOf.forEach(schema.putArray("enum")::add);
                }
            }
        }
        return schema;
    }

    /** Null for a value that fits; otherwise what it has to be. */
    @Nullable
    String rule(JsonNode value) {
        return switch (type) {
            case FLAG -> value.isBoolean() ? null : "must be true or false";
            case NUMBER ->
                value.isIntegralNumber()
                                && value.canConvertToInt()
                                && value.intValue() >= least
                                && value.intValue() <= most
                        ? null
                        : "must be a whole number from " + least + " to " + most;
            case TEXT -> textRule(value);
        };
    }

    private @Nullable String textRule(JsonNode value) {
        if (!value.isTextual()) {
            return "must be a text";
        }
        String text = value.textValue();
        if (!oneOf.isEmpty()) {
            return oneOf.contains(text) ? null : "must be one of " + String.join(", ", oneOf);
        }
        if (text.length() > LONGEST) {
            return "must have at most " + LONGEST + " characters";
        }
        return text.chars().anyMatch(Character::isISOControl) ? "must not hold control characters" : null;
    }
}
