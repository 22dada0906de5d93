package dev.mooring.operation;

import java.time.Duration;

/** The only three ways out of a step. */
public sealed interface Next {

    /** The next step, at once, on the same worker. */
    record Go(Step step) implements Next {}

    /**
     * Look again at the same step later; holds no thread meanwhile.
     *
     * @param why what is waited for, shown to users
     */
    record Wait(Duration duration, String why) implements Next {}

    /**
     * The operation is over. After a failure or a cancellation this is how the roll-back step ends.
     *
     * @param receipt what was done and measured, as a JSON object; null for nothing to tell
     */
    record Done(Object receipt) implements Next {}

    static Next go(Step step) {
        return new Go(step);
    }

    static Next waitFor(Duration duration, String why) {
        return new Wait(duration, why);
    }

    static Next done(Object receipt) {
        return new Done(receipt);
    }
}
