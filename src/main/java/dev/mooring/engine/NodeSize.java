package dev.mooring.engine;

/**
 * What one node of a cluster has.
 *
 * @param memoryMib memory of the plan in MiB
 * @param storageMib storage of the plan in MiB
 */
public record NodeSize(int cpus, int memoryMib, int storageMib) {}
