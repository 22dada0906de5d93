package dev.mooring.operation;

import java.time.Duration;

/** A step of a program, implemented by the program's enum: its name is the status that users see. */
public interface Step {

    String name();

    /** What happens in this step, in words for users. */
    String words();

    /** How long the step may take before it is called overdue; counted anew whenever its position moves. */
    default Duration deadline() {
        return Duration.ofMinutes(2);
    }

    /** Whether a cancel wish is obeyed before this step; false past the point of no return. */
    default boolean cancellable() {
        return true;
    }

    /** Whether a cancel wish has any effect during this step: where it is not obeyed before it, the step may see to it itself. */
    default boolean heedsCancel() {
        return cancellable();
    }
}
