package dev.mooring.app.spec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;

/** Specs as text, read and written without changing anything: no number is rounded and no member moves. */
public final class SpecText {

    /** Characters. The longest specs in use have some ten thousand. */
    public static final int LONGEST = 512 * 1024;

    private static final int DEEPEST = 40;

    private static final ObjectMapper JSON = exact(JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build());
    private static final ObjectMapper YAML = exact(YAMLMapper.builder(yamlFactory())
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .build());

    private SpecText() {}

    /** Text that is not what it should be, with why. */
    public static final class Unreadable extends Exception {
        Unreadable(@Nullable String why) {
            super(why);
        }
    }

    private static ObjectMapper exact(ObjectMapper mapper) {
        mapper.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
        mapper.configure(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES, false);
        return mapper;
    }

    private static YAMLFactory yamlFactory() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LONGEST);
        options.setNestingDepthLimit(DEEPEST);
        options.setAllowDuplicateKeys(false);
        return YAMLFactory.builder().loaderOptions(options).build();
    }

    public static JsonNode json(String text) throws Unreadable {
        return read(JSON, limited(text));
    }

    public static JsonNode yaml(String text) throws Unreadable {
        refuseAliases(limited(text));
        return read(YAML, text);
    }

    public static String toJson(JsonNode tree) {
        return write(JSON, tree);
    }

    public static String toYaml(JsonNode tree) {
        return write(YAML, tree);
    }

    private static String limited(@Nullable String text) throws Unreadable {
        if (text == null || text.isBlank()) {
            throw new Unreadable("the body is empty");
        }
        if (text.length() > LONGEST) {
            throw new Unreadable("a spec may have at most " + LONGEST + " characters, this one has " + text.length());
        }
        return text;
    }

    private static JsonNode read(ObjectMapper mapper, String text) throws Unreadable {
        try {
            return mapper.readTree(text);
        } catch (JsonProcessingException e) {
            throw new Unreadable(explain(e));
        }
    }

    /** A few lines of aliases can stand for gigabytes, and no spec needs them. */
    private static void refuseAliases(String text) throws Unreadable {
        try (YAMLParser parser = (YAMLParser) YAML.getFactory().createParser(text)) {
            while (parser.nextToken() != null) {
                if (parser.isCurrentAlias() || parser.getObjectId() != null) {
                    throw new Unreadable("YAML anchors and aliases are not supported (line "
                            + parser.currentLocation().getLineNr() + ")");
                }
            }
        } catch (JsonProcessingException e) {
            throw new Unreadable(explain(e));
        } catch (IOException e) {
            throw new Unreadable(e.getMessage());
        }
    }

    private static String explain(JsonProcessingException e) {
        String message = e.getOriginalMessage();
        String first = message == null
                ? "it cannot be read"
                : message.lines().findFirst().orElse("");
        return first.replaceFirst("\\(through.*", "").strip()
                + (e.getLocation() == null
                        ? ""
                        : " (line " + e.getLocation().getLineNr() + ", column "
                                + e.getLocation().getColumnNr() + ")");
    }

    private static String write(ObjectMapper mapper, JsonNode tree) {
        try {
            return mapper.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
