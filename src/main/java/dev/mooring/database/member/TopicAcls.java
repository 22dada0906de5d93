package dev.mooring.database.member;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.database.cluster.TopicAcl;
import dev.mooring.engine.kafka.TopicNames;
import dev.mooring.home.RandomText;
import dev.mooring.web.Problems;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rules of what users may do with topics. */
@ApplicationScoped
class TopicAcls {

    private static final Set<String> PERMISSIONS = Set.of("admin", "consume", "produce", "produceconsume");
    private static final int MOST = 100;
    private static final int ID_BYTES = 6;

    private final ObjectMapper mapper;

    TopicAcls(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * What is to be kept: in the order in which it was sent, each with the id that it had.
     *
     * @param before what was kept
     * @param wanted null when the caller says nothing, which is nothing allowed
     * @return fails with 422 naming everything that is wrong
     */
    @Nullable
    String stored(@Nullable String before, @Nullable List<TopicAcl> wanted) {
        if (wanted == null) {
            return null;
        }
        Problems problems = new Problems();
        problems.check(wanted.size() <= MOST, "settings.acl", "must be " + MOST + " at most");
        Map<String, String> ids = ids(before);
        List<TopicAcl> kept = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < wanted.size() && i < MOST; i++) {
            TopicAcl acl = wanted.get(i);
            String path = "settings.acl[" + i + "].";
            String topic = acl == null ? null : acl.topic();
            String permission = acl == null || acl.permission() == null
                    ? ""
                    : acl.permission().toLowerCase(Locale.ROOT);
            problems.check(
                    TopicNames.pattern(topic).isPresent(),
                    path + "topic",
                    "must be the name of a topic, the beginning of names and an asterisk, or an asterisk");
            problems.check(
                    PERMISSIONS.contains(permission),
                    path + "permission",
                    "must be one of admin, consume, produce, produceconsume");
            if (seen.add(topic + " " + permission)) {
                kept.add(new TopicAcl(
                        ids.getOrDefault(topic + " " + permission, RandomText.hex(ID_BYTES)), topic, permission));
            }
        }
        problems.throwIfAny();
        try {
            return mapper.writeValueAsString(kept);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> ids(@Nullable String before) {
        Map<String, String> ids = new TreeMap<>();
        if (before != null) {
            new JsonArray(before)
                    .stream()
                            .map(JsonObject.class::cast)
                            .forEach(acl -> ids.put(
                                    acl.getString("topic") + " " + acl.getString("permission"), acl.getString("id")));
        }
        return ids;
    }
}
