package dev.mooring.operation;

import org.jspecify.annotations.Nullable;

/**
 * What became of an operation, or how far it has come, at the moment this is written to the table.
 *
 * @param wish of the program's wish type
 * @param facts of the program's facts type
 * @param state running when it has moved to another step, else how it ended
 */
public record Outcome(
        Operation operation,
        Object wish,
        Object facts,
        OperationState state,
        String step,
        @Nullable String error) {}
