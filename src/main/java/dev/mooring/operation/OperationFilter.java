package dev.mooring.operation;

import java.util.UUID;

/**
 * Which operations are listed.
 *
 * @param subject null for any
 * @param state null for any
 */
public record OperationFilter(UUID team, UUID subject, OperationState state, String[] kinds) {}
