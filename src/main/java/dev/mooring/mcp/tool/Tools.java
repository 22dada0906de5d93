package dev.mooring.mcp.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Caller;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.web.Announcements;
import dev.mooring.web.ApiException;
import dev.mooring.web.Effects;
import io.quarkus.arc.All;
import io.quarkus.security.ForbiddenException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All tools: which of them a caller is offered, and how one is called. */
@ApplicationScoped
public class Tools {

    private static final int DONE = 200;
    private static final int FORBIDDEN = 403;

    private final Map<String, Tool> byName = new TreeMap<>();
    private final ClusterQueries clusters;
    private final Caller caller;
    private final Announcements announcements;
    private final Effects effects;
    private final ObjectMapper mapper;

    Tools(
            @All List<ToolSet> all,
            ClusterQueries clusters,
            Caller caller,
            Announcements announcements,
            Effects effects,
            ObjectMapper mapper) {
        this.clusters = clusters;
        this.caller = caller;
        this.announcements = announcements;
        this.effects = effects;
        this.mapper = mapper;
        for (ToolSet set : all) {
            for (Tool tool : set.tools()) {
                if (byName.put(tool.name(), tool) != null) {
                    throw new IllegalStateException("two tools named " + tool.name());
                }
            }
        }
    }

    /** Those that the caller's token may call, always in the same order. */
    public ArrayNode offered() {
        ArrayNode offered = mapper.createArrayNode();
        byName.values().stream()
                .filter(tool -> tool.isFor(caller))
                .map(Tool::described)
                .forEach(offered::add);
        return offered;
    }

    /**
     * Calls one.
     *
     * @return its result as the protocol has it: also that the API refuses what was asked; empty when there is none of that name
     */
    public Optional<Uni<ObjectNode>> call(String name, JsonNode given) {
        return Optional.ofNullable(byName.get(name))
                .map(tool -> Uni.createFrom()
                        .<Object>deferred(() -> call(tool, given))
                        .invoke(() -> ended(tool, DONE))
                        .map(this::result)
                        .onFailure(Tools::isAnswer)
                        .recoverWithItem(failure -> {
                            ended(tool, status(failure));
                            return refusal(failure);
                        }));
    }

    private Uni<Object> call(Tool tool, JsonNode given) {
        if (!tool.isFor(caller)) {
            throw new ForbiddenException("the token lacks the scope " + String.join(" or ", tool.scopes()));
        }
        Arguments arguments = Arguments.of(tool.parameters(), given);
        return named(arguments)
                .call(resolved -> tool.changes()
                        ? announce(tool, resolved)
                        : Uni.createFrom().voidItem())
                .<Object>chain(resolved -> tool.run().apply(resolved));
    }

    /** What is no cluster's name and no id is not found, before anything is asked of it. */
    private Uni<Arguments> named(Arguments arguments) {
        String cluster = arguments.text(Arguments.CLUSTER);
        return cluster == null
                ? Uni.createFrom().item(arguments)
                : clusters.resolve(cluster).invoke(ClusterId::parse).map(arguments::of);
    }

    private Uni<Void> announce(Tool tool, Arguments arguments) {
        Map<String, String> parameters = new HashMap<>(arguments.all());
        parameters.put("tool", tool.name());
        return announcements.announce(
                tool.subject(), arguments.text(tool.parameters().getFirst().name()), parameters);
    }

    private void ended(Tool tool, int status) {
        if (tool.changes()) {
            effects.status(status);
        }
    }

    private ObjectNode result(Object answer) {
        JsonNode structured = mapper.valueToTree(answer);
        ObjectNode result = mapper.createObjectNode();
        result.withArray("content").addObject().put("type", "text").put("text", structured.toString());
        result.set("structuredContent", structured);
        return result.put("isError", false);
    }

    private ObjectNode refusal(Throwable failure) {
        ObjectNode result = mapper.createObjectNode();
        result.withArray("content").addObject().put("type", "text").put("text", words(failure));
        return result.put("isError", true);
    }

    private static boolean isAnswer(Throwable failure) {
        return failure instanceof ApiException || failure instanceof ForbiddenException;
    }

    private static int status(Throwable failure) {
        return failure instanceof ApiException refused ? refused.status() : FORBIDDEN;
    }

    private static @Nullable String words(Throwable failure) {
        return failure instanceof ApiException
                ? failure.getMessage()
                : "You are not authorized to perform this operation: "
                        + (failure.getMessage() == null ? "the token lacks the scope for it" : failure.getMessage());
    }
}
