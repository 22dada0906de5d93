package dev.mooring.time;

/** The machine's clock that only goes forward: for how long something takes. Nothing else reads it. */
public final class Monotonic {

    private Monotonic() {}

    /** In ns, since a moment that means nothing: good for differences within this process. */
    public static long nanos() {
        return System.nanoTime();
    }
}
