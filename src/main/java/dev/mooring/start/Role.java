package dev.mooring.start;

import dev.mooring.start.preflight.EarlySettings;
import java.util.Locale;

/** What this process is for ({@code MOORING_ROLE}). */
public enum Role {
    /** Answers requests and runs operations. */
    ALL,
    /** Answers requests; runs operations on a tick alone, and leaves the schema of an external metadata database to others. */
    API,
    /** Runs operations; answers requests too, on which its health and metrics are. */
    WORKER,
    /** Brings the schema of the metadata database up to this version and ends. */
    MIGRATE;

    static Role configured() {
        String set = EarlySettings.get("mooring.role");
        if (set == null) {
            return ALL;
        }
        try {
            return valueOf(set.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("MOORING_ROLE must be all, api, worker or migrate, not " + set);
        }
    }

    boolean runsOperations() {
        return this == ALL || this == WORKER;
    }
}
