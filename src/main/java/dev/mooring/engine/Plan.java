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

    private static final int CONNECTIONS_PER_GIB = 25;
    /** For whoever has to get in when all others are taken. */
    private static final int RESERVED = 3;

    /** How many server connections all connection pools of a cluster may have together. */
    public int poolConnections() {
        return CONNECTIONS_PER_GIB * memoryMib / 1024 - RESERVED;
    }

    public NodeSize withStorage(int mib) {
        return new NodeSize(cpus, memoryMib, mib);
    }
}
