package dev.mooring.operation.queue;

import java.util.UUID;

/**
 * Fired by whoever queues an operation, in its transaction: what comes of that is not known yet.
 *
 * @param subject what it works on
 */
public record Queued(UUID operation, UUID subject) {}
