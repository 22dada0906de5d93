package dev.mooring.console.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.app.deployment.ClusterDeploymentResource.Deployed;
import dev.mooring.console.cluster.RecoveryLine.Mark;
import dev.mooring.console.operation.Timeline;
import dev.mooring.database.backup.BackupView;
import dev.mooring.database.backup.RecoveryResource.WindowView;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Where the marks of the recovery line are, and which there are. */
class RecoveryLineTest {

    private static final WindowView WINDOW =
            new WindowView("2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z", null, null, List.of());

    private static RecoveryLine line(Timeline... operations) {
        return RecoveryLine.of(WINDOW, List.of(), List.of(operations), List.of());
    }

    private static Timeline operation(String kind, String state, String finished) {
        return new Timeline(
                UUID.randomUUID().toString(),
                kind,
                kind,
                UUID.randomUUID().toString(),
                false,
                state,
                "",
                "",
                "",
                false,
                false,
                false,
                "2026-11-20T00:00:00Z",
                finished,
                "",
                -1,
                List.of(),
                List.of(),
                null,
                "");
    }

    @Test
    void whatHappenedLiesWhereItHappenedTheNewestFirst() {
        RecoveryLine line = RecoveryLine.of(
                WINDOW,
                List.of(new BackupView("2026-11-20T00:00:00Z", 0.1, false)),
                List.of(
                        operation("resize-cluster", "done", "2026-11-22T00:00:00.5Z"),
                        operation("drill-recovery", "done", "2026-11-24T00:00:00Z")),
                List.of(new Deployed(
                        UUID.randomUUID(),
                        UUID.randomUUID(),
                        "shop",
                        "ACTIVE",
                        "2026-11-21T00:00:00Z",
                        "2026-11-21T00:00:01.25Z")));
        assertThat(line.marks())
                .extracting(Mark::kind)
                .containsExactly("drill", "change", "point", "deployment", "backup");
        assertThat(line.marks()).extracting(Mark::at).containsExactly("990.0", "500.0", "255.0", "255.0", "10.0");
        assertThat(line.marks()).extracting(Mark::pick).containsExactly(false, true, true, true, false);
        assertThat(line.marks().get(1).moment()).isEqualTo("2026-11-22T00:00:00Z");
        assertThat(line.span()).isEqualTo("4 days");
    }

    @Test
    void whatLiesOutsideOrWasNotDoneHasNoMark() {
        assertThat(line(
                                operation("resize-cluster", "done", "2026-11-19T23:59:59Z"),
                                operation("resize-cluster", "done", "2026-11-24T00:00:06Z"),
                                operation("resize-cluster", "failed", "2026-11-22T00:00:00Z"),
                                operation("back-up-cluster", "done", "2026-11-22T00:00:00Z"))
                        .marks())
                .isEmpty();
    }

    /** The latest moment is a whole second that is archived: what ends just now ends behind it. */
    @Test
    void whatHasJustEndedLiesAtTheEnd() {
        assertThat(line(operation("upgrade-cluster", "done", "2026-11-24T00:00:04Z"))
                        .marks())
                .singleElement()
                .extracting(Mark::at, Mark::moment)
                .containsExactly("990.0", "2026-11-24T00:00:00Z");
    }

    @Test
    void whatIsAskedForIsWhatHasAMark() {
        RecoveryLine.MARKED.forEach(kind -> assertThat(
                        line(operation(kind, "done", "2026-11-22T00:00:00Z")).marks())
                .as(kind)
                .hasSize(1));
        assertThat(RecoveryLine.MARKED).contains("resize-cluster", "upgrade-cluster", "undo-upgrade");
    }
}
