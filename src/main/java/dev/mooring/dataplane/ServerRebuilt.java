package dev.mooring.dataplane;

import java.util.UUID;

/**
 * One of a cluster's servers had lost its files, and has everything again from the others.
 *
 * @param node what users call it
 */
public record ServerRebuilt(UUID cluster, String node) {}
