package dev.mooring.operation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.jspecify.annotations.Nullable;

/**
 * Text as the metadata database takes it. What programs print, servers log and errors say is anybody's: PostgreSQL takes no
 * NUL, neither as text nor within JSON, and nobody can encode half of a surrogate pair. Such a character becomes U+FFFD.
 */
public final class StorableText {

    /** Characters of a text that people read: more of it says no more, and what reads rows holds them in memory. */
    static final int LONGEST = 64 << 10;

    private static final char REPLACEMENT = '\uFFFD';
    private static final String NUL_IN_JSON = "\\u0000";

    private StorableText() {}

    /**
     * @return the text itself where nothing is wrong with it; of one that is too long its beginning and its end
     */
    public static String of(String text) {
        if (text.length() <= LONGEST) {
            return whole(text);
        }
        int half = LONGEST / 2;
        return whole(text.substring(0, half) + "\n… " + (text.length() - 2 * half) + " characters are left out …\n"
                + text.substring(text.length() - half));
    }

    public static @Nullable String ofNullable(@Nullable String text) {
        return text == null ? null : of(text);
    }

    /** The same for a document, whose texts keep their length: some are not for people. The document itself where nothing is wrong. */
    static String ofJson(String json, ObjectMapper mapper) throws JsonProcessingException {
        if (!json.contains(NUL_IN_JSON) && firstBad(json) < 0) {
            return json;
        }
        return mapper.writeValueAsString(clean(mapper.readTree(json), mapper.getNodeFactory()));
    }

    private static JsonNode clean(JsonNode node, JsonNodeFactory nodes) {
        if (node.isTextual()) {
            return nodes.textNode(whole(node.textValue()));
        }
        if (node.isArray()) {
            var array = nodes.arrayNode();
            node.forEach(element -> array.add(clean(element, nodes)));
            return array;
        }
        if (node.isObject()) {
            var object = nodes.objectNode();
            node.properties().forEach(entry -> object.set(whole(entry.getKey()), clean(entry.getValue(), nodes)));
            return object;
        }
        return node;
    }

    private static String whole(String text) {
        int bad = firstBad(text);
        if (bad < 0) {
            return text;
        }
        StringBuilder clean = new StringBuilder(text);
        for (int i = bad; i < clean.length(); i++) {
            if (bad(clean, i)) {
                clean.setCharAt(i, REPLACEMENT);
            }
        }
        return clean.toString();
    }

    private static int firstBad(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (bad(text, i)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean bad(CharSequence text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        // What stands before a low one has been replaced by now if it was not its other half.
        return c == 0 || Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }
}
