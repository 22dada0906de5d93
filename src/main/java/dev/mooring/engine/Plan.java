package dev.mooring.engine;

/**
 * A size that can be ordered.
 *
 * @param slug as clients write it
 * @param storageMib storage that comes with it
 */
public record Plan(String slug, int cpus, int memoryMib, int storageMib) {

    /** What every dev database gets; it cannot be ordered. */
    public static final Plan DEV = new Plan("db-s-dev-database", 1, 512, 1024);

    public NodeSize withStorage(int mib) {
        return new NodeSize(cpus, memoryMib, mib);
    }
}
