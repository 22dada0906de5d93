package dev.mooring.app.binding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.app.spec.SpecText;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Changes of the databases in a stored spec that Mooring makes itself. */
public final class SpecDatabases {

    private SpecDatabases() {}

    /**
     * @param spec the app's, as JSON
     * @param which of its databases
     * @return the same text when nothing changes
     */
    public static String edit(UUID app, String spec, Predicate<JsonNode> which, Consumer<ObjectNode> change) {
        try {
            JsonNode tree = SpecText.json(spec);
            JsonNode before = tree.deepCopy();
            for (JsonNode database : tree.path("databases")) {
                if (which.test(database)) {
                    change.accept((ObjectNode) database);
                }
            }
            return tree.equals(before) ? spec : SpecText.toJson(tree);
        } catch (SpecText.Unreadable e) {
            throw new IllegalStateException("the stored spec of app " + app + " is damaged", e);
        }
    }

    public static boolean managed(JsonNode database) {
        return database.path("production").asBoolean();
    }

    public static boolean named(JsonNode database, String component) {
        return database.path("name").asText().equals(component);
    }
}
