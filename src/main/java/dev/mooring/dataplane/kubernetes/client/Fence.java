package dev.mooring.dataplane.kubernetes.client;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a worker that is late from harm. Each write is bound to the object as it was read, and between the two it is asked whether
 * the worker still holds its operation: so whatever another worker has written since is nothing that this one could overwrite.
 *
 * @param holds fails where another worker holds the operation by now
 * @param takenBack the operation, while it is being taken back: such writes leave a mark, also where they find an object as it should be,
 *     so that what was sent before them comes too late
 */
public record Fence(Runnable holds, @Nullable String takenBack) {

    /** Of what is no operation: whoever reads and writes there does nothing that another one would not. */
    private static final Fence NONE = new Fence(() -> {}, null);

    private static final ThreadLocal<Fence> CURRENT = ThreadLocal.withInitial(() -> NONE);

    /** Whatever the work writes is this fence's. */
    public <T> T around(Callable<T> work) throws Exception {
        CURRENT.set(this);
        try {
            return work.call();
        } finally {
            CURRENT.remove();
        }
    }

    static Fence current() {
        return CURRENT.get();
    }
}
