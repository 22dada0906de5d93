package dev.mooring.app.spec;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is wrong with a spec: errors, which refuse it, and warnings about what will not be as somebody may expect. */
public final class Findings {

    private static final int LONGEST_VALUE = 80;

    private final List<String> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    /** @param value null when there is none to show */
    public void error(String path, @Nullable Object value, @Nullable String rule) {
        errors.add(line(path, value, rule));
    }

    public void warning(String path, @Nullable Object value, String rule) {
        warnings.add(line(path, value, rule));
    }

    /** An error that only those who know more than the spec can find. */
    public void refuse(String path, String rule) {
        error(path, null, rule);
    }

    /** The same for a warning. */
    public void warn(String path, String rule) {
        warning(path, null, rule);
    }

    /** Notes the error unless the rule holds. */
    public void check(boolean holds, String path, @Nullable Object value, String rule) {
        if (!holds) {
            error(path, value, rule);
        }
    }

    public List<String> errors() {
        return errors;
    }

    public List<String> warnings() {
        return warnings;
    }

    private static String line(String path, @Nullable Object value, @Nullable String rule) {
        if (value == null) {
            return path + ": " + rule;
        }
        String text = value.toString();
        return path + ": " + (text.length() > LONGEST_VALUE ? text.substring(0, LONGEST_VALUE) + "…" : text) + " "
                + rule;
    }
}
