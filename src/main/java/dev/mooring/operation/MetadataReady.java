package dev.mooring.operation;

/**
 * The metadata database answers and has this version's schema. Fired once, while the application starts or, when the database
 * was not there then, as soon as it is.
 *
 * @param migrated whether this process keeps the schema, and with it what an empty installation needs
 */
public record MetadataReady(boolean migrated) {}
