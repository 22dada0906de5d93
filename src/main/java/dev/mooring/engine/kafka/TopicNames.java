package dev.mooring.engine.kafka;

import dev.mooring.web.Problems;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of topics, and patterns that stand for several of them. */
public final class TopicNames {

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
    /** One name; the beginning of names, as {@code orders-*} or {@code orders-.*}; or all of them. */
    private static final Pattern PATTERN = Pattern.compile("([a-zA-Z0-9._-]{0,249}?)(\\.?\\*)?");

    private TopicNames() {}

    public static void check(Problems problems, @Nullable String name) {
        problems.check(
                name != null
                        && NAME.matcher(name).matches()
                        && !name.equals(".")
                        && !name.equals("..")
                        && !name.startsWith("__"),
                "name",
                "must have 1 to 249 letters, digits, dots, underscores and dashes, and not begin with two underscores");
    }

    /**
     * What of a name Kafka's rules of access are about.
     *
     * @param text the name, or its beginning
     * @param prefix whether it is a beginning
     */
    public record Topics(String text, boolean prefix) {}

    /** Empty for a pattern that Kafka has no rule for. */
    public static Optional<Topics> pattern(@Nullable String text) {
        Matcher pattern = PATTERN.matcher(text == null ? "" : text);
        if (text == null || text.isEmpty() || !pattern.matches()) {
            return Optional.empty();
        }
        boolean open = pattern.group(2) != null;
        return Optional.of(
                open && pattern.group(1).isEmpty() ? new Topics("*", false) : new Topics(pattern.group(1), open));
    }
}
