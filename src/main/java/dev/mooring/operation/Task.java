package dev.mooring.operation;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A step's view of its operation. Used by one virtual thread at a time.
 *
 * @param <W> the wish
 * @param <F> the facts
 */
public interface Task<W, F> {

    /** The operation's id: names of outside work are derived from it. */
    UUID id();

    UUID subject();

    W wish();

    F facts();

    /** Replaces the facts; stored with the next way out of the step. */
    void keep(F newFacts);

    /** Why the program is rolling back, while it is. */
    @Nullable
    String failure();

    /** Whether someone has asked for an end. Steps that take long look at it; between steps the engine does. */
    boolean cancelRequested();

    /** Whether the current step has taken longer than its deadline without moving. */
    boolean overdue();

    /**
     * Fails where another worker has the operation by now: for who is about to write where no fence of the operation's row reaches, after
     * it has read what its write is bound to.
     */
    void requireHeld();

    /**
     * Reports how far the step has come. The deadline is counted anew when the position is higher than ever before.
     *
     * @param position bytes, log positions or whatever moves, in any unit
     * @param total of the same unit; negative when unknown
     */
    void progress(long position, long total, String note);

    /** Asks every other unfinished operation of the same subject to end. */
    void cancelOthers();

    /** The unfinished operations of the same subject that were queued before this one, newest first. */
    List<UUID> unfinishedBefore();

    /** Another operation as it is now, to see how one that was waited for has ended. */
    @Nullable
    Operation find(UUID other);

    /** Whether an operation of the kind waits for the same subject, or works on it. */
    boolean awaited(String kind);
}
