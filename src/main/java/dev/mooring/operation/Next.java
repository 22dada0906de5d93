package dev.mooring.operation;

import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The only ways out of a step. */
public sealed interface Next {

    /** The next step, at once, on the same worker. */
    record Go(Step step) implements Next {}

    /**
     * The same step at once, with what it knows now stored: after a kill it is still known.
     *
     * @param why what was found out or done, shown to users until the step goes on
     */
    record Again(String why) implements Next {}

    /**
     * Look again at the same step later; holds no thread and no slot meanwhile.
     *
     * @param why what is waited for, shown to users
     */
    record Wait(Duration duration, String why) implements Next {}

    /**
     * Look again at the same step when another operation has ended, however it ended: the step has to look how. Holds no thread
     * and no slot meanwhile, so any number of operations may wait for others that need a slot themselves.
     *
     * @param operation one that is not there any more has ended
     * @param why what is waited for, shown to users
     */
    record WaitForOperation(UUID operation, String why) implements Next {}

    /**
     * The operation is over. After a failure or a cancellation this is how the roll-back step ends.
     *
     * @param receipt what was done and measured, as a JSON object; null for nothing to tell
     */
    record Done(@Nullable Object receipt) implements Next {}

    static Next go(Step step) {
        return new Go(step);
    }

    static Next again(String why) {
        return new Again(why);
    }

    static Next waitFor(Duration duration, String why) {
        return new Wait(duration, why);
    }

    static Next waitFor(UUID operation, String why) {
        return new WaitForOperation(operation, why);
    }

    static Next done(@Nullable Object receipt) {
        return new Done(receipt);
    }
}
