package dev.mooring.engine.postgres;

/**
 * @param value in the unit
 * @param unit the server's name of the unit, such as {@code 8kB}; null when there is none
 */
public record ServerParameter(String value, String unit) {}
