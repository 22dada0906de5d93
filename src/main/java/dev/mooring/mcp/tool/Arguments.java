package dev.mooring.mcp.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.web.Problems;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a tool was called with: all of it is known to the tool, and fits. */
final class Arguments {

    /** Which cluster, by its id or its name: what every tool of clusters is called with. */
    static final String CLUSTER = "cluster";

    private final ObjectNode given;

    private Arguments(ObjectNode given) {
        this.given = given;
    }

    /** Fails with 422 naming everything that is wrong. */
    static Arguments of(List<Parameter> parameters, @Nullable JsonNode given) {
        Problems problems = new Problems();
        if (given == null || given.isNull() || given.isMissingNode()) {
            return of(parameters, JsonNodeFactory.instance.objectNode());
        }
        problems.check(given.isObject(), "arguments", "must be an object");
        problems.throwIfAny();
        Map<String, Parameter> known = parameters.stream().collect(Collectors.toMap(Parameter::name, one -> one));
        given.fieldNames()
                .forEachRemaining(name -> problems.check(
                        known.containsKey(name),
                        shown(name),
                        "is no argument of this tool, which has "
                                + (known.isEmpty()
                                        ? "none"
                                        : parameters.stream()
                                                .map(Parameter::name)
                                                .collect(Collectors.joining(", ")))));
        for (Parameter parameter : parameters) {
            JsonNode value = given.path(parameter.name());
            boolean absent = value.isMissingNode() || value.isNull();
            String rule = absent ? parameter.required() ? "is required" : null : parameter.rule(value);
            problems.check(rule == null, parameter.name(), rule);
        }
        problems.throwIfAny();
        return new Arguments(((ObjectNode) given).deepCopy());
    }

    private static String shown(String name) {
        return name.matches("[\\w.-]{1,64}") ? name : "an argument";
    }

    /** With the cluster's id in the place of its name. */
    Arguments of(String cluster) {
        return new Arguments(given.deepCopy().put(CLUSTER, cluster));
    }

    @Nullable
    String text(String name) {
        return given.path(name).textValue();
    }

    /** One that the tool needs. */
    String needed(String name) {
        return Objects.requireNonNull(text(name), name);
    }

    /** Of a tool that needs one. */
    String cluster() {
        return needed(CLUSTER);
    }

    boolean flag(String name) {
        return given.path(name).asBoolean();
    }

    int number(String name, int otherwise) {
        return given.path(name).asInt(otherwise);
    }

    /** All of them, as texts. */
    Map<String, String> all() {
        Map<String, String> all = new LinkedHashMap<>();
        given.properties().stream()
                .filter(member -> !member.getValue().isNull())
                .forEach(member -> all.put(member.getKey(), member.getValue().asText()));
        return all;
    }
}
