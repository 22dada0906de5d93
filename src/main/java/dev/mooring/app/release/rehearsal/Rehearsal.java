package dev.mooring.app.release.rehearsal;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a migration did to a copy of the database before it is let near the database itself.
 *
 * @param state see {@link State}
 * @param note why it did not take place
 * @param milliseconds that the migration took; 0 before it is over
 * @param strongestLock mode of the strongest lock on a table that was there before, in PostgreSQL's terms; null for none that was seen
 * @param rowsRewritten rows of the tables that were written anew as a whole
 * @param destructive what the version that runs may miss: tables and columns that are gone, have another name or another type
 * @param before the schema before the migration, until that is over
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Rehearsal(
        State state,
        @Nullable String note,
        long milliseconds,
        @Nullable String strongestLock,
        long rowsRewritten,
        List<String> destructive,
        @Nullable SchemaShape before) {

    /** How far it has come. */
    public enum State {
        FORKING,
        MIGRATING,
        DONE,
        SKIPPED
    }

    public static Rehearsal of(State state) {
        return new Rehearsal(state, null, 0, null, 0, List.of(), null);
    }

    public static Rehearsal skipped(String why) {
        return new Rehearsal(State.SKIPPED, why, 0, null, 0, List.of(), null);
    }

    public static Rehearsal migrating(SchemaShape before) {
        return new Rehearsal(State.MIGRATING, null, 0, null, 0, List.of(), before);
    }

    public Rehearsal withLock(String mode) {
        return new Rehearsal(
                state, note, milliseconds, LockModes.stronger(strongestLock, mode), rowsRewritten, destructive, before);
    }

    boolean over() {
        return state == State.DONE || state == State.SKIPPED;
    }
}
