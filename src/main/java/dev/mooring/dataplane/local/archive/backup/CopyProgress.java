package dev.mooring.dataplane.local.archive.backup;

/** Told how far long work has come, by the thread that began it. */
@FunctionalInterface
public interface CopyProgress {

    /**
     * @param done bytes
     * @param total bytes
     * @return whether to go on
     */
    boolean at(long done, long total);

    /** Ends the work when its listener wants no more. */
    final class Stopped extends java.io.IOException {}
}
