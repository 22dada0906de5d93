package dev.mooring.console.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A rehearsal, told from the receipt of its deployment. */
class RehearsedTest {

    @Test
    void whatItTakesAwayAndWhomItLocksOutIsSaid() {
        Rehearsed told = Rehearsed.of(Map.of(
                "rehearsal",
                Map.of(
                        "state",
                        "DONE",
                        "milliseconds",
                        1500,
                        "strongest_lock",
                        "AccessExclusiveLock",
                        "rows_rewritten",
                        12,
                        "destructive",
                        List.of("column public.notes.extra is dropped")),
                "restore_point",
                Map.of("cluster", "the-cluster", "time", "2030-01-31T12:00:00.123456Z")));
        assertThat(told)
                .isEqualTo(new Rehearsed(
                        "",
                        "1.5 s",
                        "AccessExclusiveLock",
                        "nobody can read or write that table meanwhile",
                        12,
                        List.of("column public.notes.extra is dropped"),
                        "2030-01-31T12:00:00Z",
                        "the-cluster"));
        assertThat(told.done()).isTrue();
    }

    @Test
    void whyItWasSkippedIsSaid() {
        Rehearsed told = Rehearsed.of(Map.of("rehearsal", Map.of("state", "SKIPPED", "note", "the database is empty")));
        assertThat(told.done()).isFalse();
        assertThat(told.skipped()).isEqualTo("the database is empty");
        assertThat(told.lost()).isEmpty();
    }

    @Test
    void othersHaveNone() {
        assertThat(Rehearsed.of(null)).isNull();
        assertThat(Rehearsed.of(Map.of("bytes", 1))).isNull();
    }
}
