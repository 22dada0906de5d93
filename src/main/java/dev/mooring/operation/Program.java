package dev.mooring.operation;

/**
 * One kind of operation, readable from top to bottom.
 *
 * <p>Every step is idempotent: after a crash it runs again and finds what it did the first time. The first constant of the
 * enum is the first step.
 *
 * @param <S> the steps
 * @param <W> the wish: what was asked, never changed
 * @param <F> the facts: what the program has found out or done, kept between steps
 */
public interface Program<S extends Enum<S> & Step, W, F> {

    /** The stable name of this kind of operation, such as {@code provision-cluster}. */
    String kind();

    /** Where it works, such as {@code local}; empty for a kind that works in one way everywhere. */
    default String plane() {
        return "";
    }

    /** What it works on, such as {@code pg}; empty as for {@link #plane}. */
    default String engine() {
        return "";
    }

    Class<S> steps();

    Class<W> wishType();

    Class<F> factsType();

    /** The facts before the first step. */
    F noFacts();

    /**
     * Does one step. Runs on a virtual thread and may block.
     *
     * @throws OperationFailed for an expected failure: the program goes to {@link #rollBack()}
     * @throws Exception anything else is tried again with back-off, then fails the same way
     */
    Next run(S step, Task<W, F> task) throws Exception;

    /**
     * Whether what was asked for is in force for good, so that it is too late to cancel it: after a kill the row may still stand at a
     * step that could be cancelled. That step then runs again and ends.
     *
     * @throws Exception as {@link #run}
     */
    default boolean inForce(Task<W, F> task) throws Exception {
        return false;
    }

    /** The step that cleans up after a failure or a cancellation, and ends with {@link Next.Done}. */
    S rollBack();

    /** Whether a cancel wish has any effect during the step; while it rolls back it has none. */
    default boolean heedsCancel(Step step) {
        return step != rollBack() && step.heedsCancel();
    }

    default S firstStep() {
        return steps().getEnumConstants()[0];
    }
}
