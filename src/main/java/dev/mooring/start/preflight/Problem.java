package dev.mooring.start.preflight;

import org.jspecify.annotations.Nullable;

/**
 * Why Mooring does not start.
 *
 * @param setting the variable that changes it
 * @param value what it is; null where that is not to be shown or says nothing
 * @param rule what it has to be, or what stands in the way and what to do
 */
record Problem(String setting, @Nullable String value, String rule) {

    @Override
    public String toString() {
        return value == null ? setting + " " + rule : setting + "=" + value + " " + rule;
    }
}
