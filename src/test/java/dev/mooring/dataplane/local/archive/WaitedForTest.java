package dev.mooring.dataplane.local.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Whom commits wait for, as PostgreSQL writes it. */
class WaitedForTest {

    @Test
    void whatIsWrittenIsRead() {
        for (boolean archive : new boolean[] {false, true}) {
            for (List<String> nodes : List.of(
                    List.<String>of(),
                    List.of("mooring_standby_1"),
                    List.of("mooring_standby_1", "mooring_standby_2"))) {
                WaitedFor one = new WaitedFor(archive, nodes);
                assertThat(WaitedFor.of(one.names())).isEqualTo(one);
                assertThat(WaitedFor.written("# Do not edit\n" + one.line() + "\n")
                                .orElse(WaitedFor.of("")))
                        .isEqualTo(one);
            }
        }
    }

    @Test
    void aNodeThatIsNotWaitedForAnyMoreLeavesTheOthers() {
        WaitedFor all = WaitedFor.of("FIRST 3 (" + WaitedFor.ARCHIVE + ", mooring_standby_1, mooring_standby_2)");
        assertThat(all.without("mooring_standby_1"::equals).names())
                .isEqualTo("FIRST 2 (" + WaitedFor.ARCHIVE + ", mooring_standby_2)");
        assertThat(WaitedFor.of("ANY 1 (mooring_standby_1)")
                        .without("mooring_standby_1"::equals)
                        .line())
                .isEmpty();
    }
}
