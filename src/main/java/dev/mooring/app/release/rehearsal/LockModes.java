package dev.mooring.app.release.rehearsal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The modes of locks on tables, as PostgreSQL's documentation orders them. */
public final class LockModes {

    public static final String EXCLUSIVE = "AccessExclusiveLock";

    private static final List<String> WEAKEST_FIRST = List.of(
            "AccessShareLock",
            "RowShareLock",
            "RowExclusiveLock",
            "ShareUpdateExclusiveLock",
            "ShareLock",
            "ShareRowExclusiveLock",
            "ExclusiveLock",
            EXCLUSIVE);

    private LockModes() {}

    /** Either may be null. */
    public static @Nullable String stronger(@Nullable String one, String other) {
        return rank(one) >= rank(other) ? one : other;
    }

    private static int rank(@Nullable String mode) {
        return mode == null ? -1 : WEAKEST_FIRST.indexOf(mode);
    }
}
