package dev.mooring.mcp.tool;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Caller;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.Function;

/**
 * One thing that an agent can do.
 *
 * @param title for people
 * @param meaning for agents
 * @param scopes of which the caller's token needs one; none for any token
 * @param subject what it is about, such as database: the argument that names it is the first
 * @param run what is asked of the API; its item becomes the answer
 */
record Tool(
        String name,
        String title,
        String meaning,
        Effect effect,
        List<String> scopes,
        String subject,
        List<Parameter> parameters,
        Function<Arguments, Uni<?>> run) {

    static final String DATABASE = "database";
    static final String OPERATION = "operation";

    /** Which cluster, for the tools of one. */
    static final Parameter CLUSTER =
            Parameter.text(Arguments.CLUSTER, "The cluster's id or name").needed();

    enum Effect {
        READS,
        CHANGES,
        /** What is lost by it does not come back by itself. */
        DESTROYS
    }

    static Tool reads(
            String name,
            String title,
            String meaning,
            String scope,
            List<Parameter> parameters,
            Function<Arguments, Uni<?>> run) {
        return new Tool(name, title, meaning, Effect.READS, List.of(scope), DATABASE, parameters, run);
    }

    boolean changes() {
        return effect != Effect.READS;
    }

    boolean isFor(Caller caller) {
        return scopes.isEmpty() || scopes.stream().anyMatch(caller::may);
    }

    /** As the protocol describes it. */
    ObjectNode described() {
        ObjectNode described = JsonNodeFactory.instance
                .objectNode()
                .put("name", name)
                .put("title", title)
                .put("description", meaning);
        ObjectNode schema = described.putObject("inputSchema").put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        parameters.forEach(parameter -> properties.set(parameter.name(), parameter.schema()));
        parameters.stream()
                .filter(Parameter::required)
                .forEach(parameter -> schema.withArray("required").add(parameter.name()));
        schema.put("additionalProperties", false);
        described
                .putObject("annotations")
                .put("readOnlyHint", !changes())
                .put("destructiveHint", effect == Effect.DESTROYS)
                .put("openWorldHint", false);
        return described;
    }
}
