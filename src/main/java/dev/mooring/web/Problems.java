package dev.mooring.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Collects everything that is wrong with a request, so that one answer names it all. */
public final class Problems {

    private final List<String> found = new ArrayList<>();

    /** Notes the problem unless the rule holds. */
    public boolean check(boolean holds, String field, @Nullable String rule) {
        if (!holds) {
            found.add(field + ": " + rule);
        }
        return holds;
    }

    public void add(String problem) {
        found.add(problem);
    }

    /** Each is the field, a colon and the rule. */
    public List<String> all() {
        return List.copyOf(found);
    }

    public boolean none() {
        return found.isEmpty();
    }

    /**
     * What a rule has asked to be there.
     *
     * @throws ApiException 422 with every problem
     */
    public <T> T whole(@Nullable T value) {
        throwIfAny();
        return Objects.requireNonNull(value, "no rule has asked for it");
    }

    /**
     * @throws ApiException 422 with every problem
     */
    public void throwIfAny() {
        if (!found.isEmpty()) {
            throw ApiException.unprocessable(String.join("; ", found));
        }
    }
}
