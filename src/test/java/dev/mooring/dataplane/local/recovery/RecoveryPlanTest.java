package dev.mooring.dataplane.local.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.operation.OperationFailed;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RecoveryPlanTest {

    private static final Instant MADE = at(1);
    private static final Instant LOST = at(5);

    private static final Backup FIRST = backup(1, MADE);
    private static final Backup SECOND = backup(1, at(3));
    private static final Backup ANEW = backup(2, at(7));

    private static final List<ClusterArchive.Service> TWO_SERVERS =
            List.of(new ClusterArchive.Service(Instant.EPOCH, 1), new ClusterArchive.Service(LOST, 2));

    private static Instant at(int hour) {
        return Instant.EPOCH.plusSeconds(hour * 3600L);
    }

    private static Backup backup(int timeline, Instant stopped) {
        return new Backup(
                UUID.randomUUID(),
                "16",
                "16.15",
                timeline,
                "0/1000000",
                "0/1000100",
                stopped.minusSeconds(9).toString(),
                stopped.toString(),
                1,
                1,
                List.of());
    }

    @Test
    void theLastBackupBeforeTheMomentOfTheServerThatServedThen() {
        List<Backup> backups = List.of(FIRST, SECOND, ANEW);
        assertThat(RecoveryPlan.base(backups, List.of(), at(2))).isEqualTo(FIRST);
        assertThat(RecoveryPlan.base(backups, TWO_SERVERS, at(4))).isEqualTo(SECOND);
        assertThat(RecoveryPlan.base(backups, TWO_SERVERS, at(8))).isEqualTo(ANEW);
        assertThat(RecoveryPlan.base(backups, TWO_SERVERS, null)).isEqualTo(ANEW);
    }

    @Test
    void beforeTheFirstBackupNothing() {
        assertThatThrownBy(() -> RecoveryPlan.base(List.of(), List.of(), null))
                .isInstanceOf(OperationFailed.class)
                .hasMessage("the archive has no base backup. Nothing was created.");
        assertThatThrownBy(() -> RecoveryPlan.base(List.of(FIRST), TWO_SERVERS, MADE.minusSeconds(1)))
                .hasMessageContaining("the earliest moment that can be recovered is " + MADE);
    }

    @Test
    void whatANewServerWroteFromItsOwnFirstBackupOn() {
        for (Instant moment : new Instant[] {null, at(6)}) {
            assertThatThrownBy(() -> RecoveryPlan.base(List.of(FIRST, SECOND), TWO_SERVERS, moment))
                    .hasMessageContaining("another server since " + LOST + ", whose first base backup is not made yet")
                    .hasMessageContaining("moments before it can be recovered");
        }
        assertThatThrownBy(() -> RecoveryPlan.base(List.of(FIRST, ANEW), TWO_SERVERS, at(6)))
                .hasMessageContaining("which can be recovered from " + ANEW.stoppedAt() + " on");
    }
}
