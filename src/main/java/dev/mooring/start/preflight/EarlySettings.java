package dev.mooring.start.preflight;

import org.jspecify.annotations.Nullable;

/** Settings that are needed before Quarkus reads its own. */
public final class EarlySettings {

    private EarlySettings() {}

    /** @return the system property, or the environment variable of the same meaning; null when neither says anything */
    public static @Nullable String get(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            value = System.getenv(Preflight.variable(name));
        }
        return value == null || value.isBlank() ? null : value;
    }

    /**
     * @param otherwise for a setting that is not set
     * @throws IllegalArgumentException when it is neither true nor false
     */
    public static boolean flag(String name, boolean otherwise) {
        String set = get(name);
        if (set != null && !set.equals("true") && !set.equals("false")) {
            throw new IllegalArgumentException(Preflight.variable(name) + " must be true or false, not " + set);
        }
        return set == null ? otherwise : set.equals("true");
    }
}
