package dev.mooring.operation;

import java.util.UUID;

/**
 * This process as a holder of leases.
 *
 * @param id stays the same over restarts
 * @param exclusive true when no other living process can have this id, so that leases found under it are a dead one's
 * @param worker whether this process runs operations by itself; when false only a tick does
 */
public record Node(UUID id, boolean exclusive, boolean worker) {}
