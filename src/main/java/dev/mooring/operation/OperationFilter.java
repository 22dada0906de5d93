package dev.mooring.operation;

import java.time.OffsetDateTime;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which operations are listed.
 *
 * @param subject null for any
 * @param states none for any
 * @param finishedSince those that ended then or later; null for any
 */
public record OperationFilter(
        UUID team,
        @Nullable UUID subject,
        Set<OperationState> states,
        String[] kinds,
        @Nullable OffsetDateTime finishedSince) {}
