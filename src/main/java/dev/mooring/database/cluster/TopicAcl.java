package dev.mooring.database.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.ClusterSpec;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a user may do with topics.
 *
 * @param id made here
 * @param topic a name, the beginning of names with an asterisk behind it, or an asterisk
 */
@RegisterForReflection
@Schema(name = "KafkaTopicAcl")
public record TopicAcl(
        String id,

        @Schema(required = true, examples = "orders-*") @Nullable
        String topic,

        @Schema(
                required = true,
                enumeration = {"admin", "consume", "produce", "produceconsume"})
        String permission) {

    private static final TypeReference<List<TopicAcl>> LIST = new TypeReference<>() {};

    /** Null for null. */
    static @Nullable List<TopicAcl> read(@Nullable String json) {
        return json == null
                ? null
                : new JsonArray(json)
                        .stream()
                                .map(JsonObject.class::cast)
                                .map(acl -> new TopicAcl(
                                        acl.getString("id"), acl.getString("topic"), acl.getString("permission")))
                                .toList();
    }

    public static List<ClusterSpec.TopicAccess> access(ObjectMapper mapper, @Nullable String json) {
        try {
            return json == null
                    ? List.of()
                    : mapper.readValue(json, LIST).stream()
                            .map(acl -> new ClusterSpec.TopicAccess(
                                    acl.topic(),
                                    ClusterSpec.Permission.valueOf(
                                            acl.permission().toUpperCase(Locale.ROOT))))
                            .toList();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored rights are not JSON: " + e.getOriginalMessage());
        }
    }
}
