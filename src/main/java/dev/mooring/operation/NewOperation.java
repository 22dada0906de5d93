package dev.mooring.operation;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a service asks the engine to do.
 *
 * @param mutating true for a change that must be the only unfinished one of its subject
 * @param node the worker node that has to do it; null for any
 * @param wish what was asked, of the program's wish type
 */
public record NewOperation(
        UUID id,
        UUID team,
        Program<?, ?, ?> program,
        UUID subject,
        boolean mutating,
        @Nullable UUID node,
        Object wish) {

    public static NewOperation change(UUID team, Program<?, ?, ?> program, UUID subject, UUID node, Object wish) {
        return new NewOperation(UUID.randomUUID(), team, program, subject, true, node, wish);
    }

    /** One that may run beside others of its subject, because its program orders itself among them. */
    public static NewOperation shared(
            UUID team, Program<?, ?, ?> program, UUID subject, @Nullable UUID node, Object wish) {
        return new NewOperation(UUID.randomUUID(), team, program, subject, false, node, wish);
    }
}
