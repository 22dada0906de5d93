package dev.mooring.app.spec.rule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Findings;
import dev.mooring.app.spec.SpecKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Encrypts the secrets of a submitted spec in place: variables of type SECRET, registry credentials, keys of log destinations. */
public final class SpecSecrets {

    private final SpecKey key;
    private final Map<String, String> before = new HashMap<>();

    /** @param stored the app's present spec, whose encrypted values stay when their plain text is the same */
    public SpecSecrets(SpecKey key, @Nullable JsonNode stored) {
        this.key = key;
        if (stored != null) {
            visit(
                    stored,
                    (object, member, path, identity) ->
                            before.put(identity, object.path(member).asText()));
        }
    }

    /** @param findings gets the encrypted values that are not this app's */
    public void encrypt(JsonNode tree, Findings findings) {
        visit(tree, (object, member, path, identity) -> {
            String value = object.path(member).textValue();
            if (value == null || value.isEmpty() || Reference.alone(value)) {
                return;
            }
            if (SpecKey.looksEncrypted(value)) {
                findings.check(
                        key.decrypt(value).isPresent(),
                        path,
                        null,
                        "was encrypted for another app or has been changed: submit the plain value");
                return;
            }
            Optional<String> same = Optional.ofNullable(before.get(identity))
                    .filter(stored -> key.decrypt(stored).filter(value::equals).isPresent());
            object.put(member, same.orElseGet(() -> key.encrypt(value)));
        });
    }

    private interface Visitor {
        /**
         * @param path where the secret stands
         * @param identity what it is, wherever it stands
         */
        void secret(ObjectNode object, String member, String path, String identity);
    }

    private static void visit(JsonNode tree, Visitor visitor) {
        envs(tree, "", "", visitor);
        for (AppSpec.Kind kind : AppSpec.Kind.values()) {
            JsonNode components = tree.path(kind.member());
            for (int i = 0; i < components.size(); i++) {
                JsonNode component = components.get(i);
                String path = kind.member() + "[" + i + "].";
                String identity = kind + "/" + component.path("name").asText() + "/";
                envs(component, path, identity, visitor);
                secret(component.path("image"), "registry_credentials", path + "image.", identity + "image/", visitor);
                JsonNode destinations = component.path("log_destinations");
                if (destinations.isObject()) {
                    destination(destinations, path + "log_destinations.", identity, visitor);
                }
                for (int j = 0; destinations.isArray() && j < destinations.size(); j++) {
                    destination(destinations.get(j), path + "log_destinations[" + j + "].", identity, visitor);
                }
            }
        }
    }

    private static void envs(JsonNode owner, String path, String identity, Visitor visitor) {
        JsonNode envs = owner.path("envs");
        for (int i = 0; i < envs.size(); i++) {
            JsonNode env = envs.get(i);
            if ("SECRET".equals(env.path("type").asText())) {
                secret(
                        env,
                        "value",
                        path + "envs[" + i + "].",
                        identity + "env/" + env.path("key").asText() + "/",
                        visitor);
            }
        }
    }

    private static void destination(JsonNode destination, String path, String component, Visitor visitor) {
        String identity = component + "logs/" + destination.path("name").asText() + "/";
        secret(destination.path("datadog"), "api_key", path + "datadog.", identity, visitor);
        secret(destination.path("logtail"), "token", path + "logtail.", identity, visitor);
        secret(
                destination.path("open_search").path("basic_auth"),
                "password",
                path + "open_search.basic_auth.",
                identity,
                visitor);
    }

    private static void secret(JsonNode object, String member, String path, String identity, Visitor visitor) {
        if (object instanceof ObjectNode owner && owner.path(member).isTextual()) {
            visitor.secret(owner, member, path + member, identity + member);
        }
    }
}
