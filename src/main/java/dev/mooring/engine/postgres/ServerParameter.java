package dev.mooring.engine.postgres;

import org.jspecify.annotations.Nullable;

/**
 * @param value in the unit
 * @param unit the server's name of the unit, such as {@code 8kB}
 * @param fixed whether only a restart puts another value in force, as this very server says
 */
public record ServerParameter(String value, @Nullable String unit, boolean fixed) {}
