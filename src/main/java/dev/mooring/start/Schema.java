package dev.mooring.start;

/** The metadata's schema. */
public final class Schema {

    /** The newest file of db/migration. Flyway could tell, but is slow to start with where it has nothing to migrate. */
    public static final int NEWEST = 28;

    private Schema() {}
}
