package dev.mooring.operation;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which operations are listed.
 *
 * @param subject null for any
 * @param states none for any
 */
public record OperationFilter(UUID team, @Nullable UUID subject, Set<OperationState> states, String[] kinds) {}
