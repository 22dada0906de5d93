package dev.mooring.app.spec.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@code ${…}} in a value: {@code ${NAME}}, {@code ${component.NAME}}, {@code ${_self.NAME}} or {@code ${db.pool.NAME}}.
 *
 * @param text with its braces
 * @param component null for the app itself
 */
public record Reference(
        String text, @Nullable String component, @Nullable String pool, String name) {

    private static final Pattern GRAMMAR = Pattern.compile(
            "\\$\\{([A-Za-z_][A-Za-z0-9_-]{0,63})(?:\\.([A-Za-z_][A-Za-z0-9_-]{0,63}))?(?:\\.([A-Za-z_][A-Za-z0-9_]{0,63}))?}");
    private static final Pattern ONLY = Pattern.compile("(?:" + GRAMMAR.pattern() + ")+");
    static final String SELF = "_self";

    /** The references in a value, in order. */
    static List<Reference> in(@Nullable String value) {
        List<Reference> references = new ArrayList<>();
        if (value != null && value.contains("${")) {
            Matcher matcher = GRAMMAR.matcher(value);
            while (matcher.find()) {
                references.add(of(matcher));
            }
        }
        return references;
    }

    /** Whether a value is made of references alone, which tell nobody anything. */
    static boolean alone(String value) {
        return ONLY.matcher(value).matches();
    }

    /** The value with each reference replaced; null leaves it as it is. */
    static String replace(String value, java.util.function.Function<Reference, String> by, int longest) {
        Matcher matcher = GRAMMAR.matcher(value);
        StringBuilder replaced = new StringBuilder();
        while (matcher.find()) {
            String text = by.apply(of(matcher));
            boolean fits = text != null && replaced.length() + text.length() <= longest;
            matcher.appendReplacement(replaced, Matcher.quoteReplacement(fits ? text : matcher.group()));
        }
        return matcher.appendTail(replaced).toString();
    }

    private static Reference of(Matcher matcher) {
        String first = matcher.group(1);
        String second = matcher.group(2);
        String third = matcher.group(3);
        return second == null
                ? new Reference(matcher.group(), null, null, first)
                : third == null
                        ? new Reference(matcher.group(), first, null, second)
                        : new Reference(matcher.group(), first, second, third);
    }
}
