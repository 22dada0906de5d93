package dev.mooring.dataplane.local.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.archive.FolderStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which backups a retention of a day leaves, by the hour, where an upgrade began another timeline. */
class KeptBackupsTest {

    private static final Duration RETENTION = Duration.ofHours(24);
    private static final Instant UPGRADED = Instant.parse("2026-11-20T00:00:00Z");

    @TempDir
    Path folder;

    private FolderStore store;
    private ClusterArchive archive;

    @BeforeEach
    void make() {
        store = new FolderStore(folder, "archive");
        archive = new ClusterArchive(store, UUID.randomUUID());
    }

    private static Instant at(int hour) {
        return UPGRADED.plus(Duration.ofHours(hour));
    }

    private static UUID id(int hour) {
        return new UUID(1, hour);
    }

    private void backup(int hour, int timeline) throws IOException {
        String time = at(hour).toString();
        String position = Lsn.text((long) Segment.SIZE * (hour + 1000));
        store.put(archive.baseFolder(id(hour)) + "/part-0000.tar.zst", out -> out.write(1));
        archive.write(new Backup(
                id(hour), "16", "16.1", timeline, position, position, time, time, 1, 1, List.of("part-0000.tar.zst")));
    }

    private void serves(int hour, int timeline) throws IOException {
        archive.write(new ClusterArchive.Service(hour == 0 ? UPGRADED : at(hour), timeline));
    }

    private List<UUID> leftAt(int hour) throws IOException {
        return archive.prune(RETENTION, at(hour)).backups().stream()
                .map(Backup::id)
                .toList();
    }

    @Test
    void theFirstMomentOfTheWindowIsReplayedFromTheLastOneBeforeIt() throws IOException {
        for (int hour : new int[] {-44, -20, 4, 28}) {
            backup(hour, 1);
        }
        assertThat(leftAt(28)).containsExactly(id(-20), id(4), id(28));
        assertThat(leftAt(29)).containsExactly(id(4), id(28));
    }

    @Test
    void whatTheOldVersionServedAfterAnUndoIsReplayedFromItsOwnBackup() throws IOException {
        backup(-44, 1);
        backup(-20, 1);
        archive.write(new ClusterArchive.Service(Instant.EPOCH, 1));
        serves(0, 2);
        backup(1, 2);
        backup(4, 2);
        assertThat(leftAt(4)).containsExactly(id(-20), id(1), id(4));
        // The upgrade is undone.
        serves(20, 1);
        backup(28, 1);
        assertThat(leftAt(29)).as("the hours from 20 to 28 need it").containsExactly(id(-20), id(4), id(28));
        assertThat(leftAt(53)).containsExactly(id(28));
    }

    @Test
    void ofAVersionThatServesNoMomentOfTheWindowNothingStays() throws IOException {
        backup(-20, 1);
        archive.write(new ClusterArchive.Service(Instant.EPOCH, 1));
        serves(0, 2);
        backup(1, 2);
        backup(28, 2);
        assertThat(leftAt(23)).containsExactly(id(-20), id(1), id(28));
        assertThat(leftAt(25)).containsExactly(id(1), id(28));
    }

    @Test
    void oneThatIsBeingMadeStaysUntilWhoMakesItIsGone() throws IOException {
        backup(-20, 1);
        UUID upgrade = UUID.randomUUID();
        String part = archive.baseFolder(upgrade) + "/part-0000.tar.zst";
        assertThat(archive.hold(upgrade)).isTrue();
        store.put(part, out -> out.write(1));
        archive.prune(RETENTION, at(0));
        assertThat(store.list(archive.baseFolder(upgrade))).hasSize(1);
        archive.release(upgrade);
        archive.prune(RETENTION, at(0));
        assertThat(store.list(archive.baseFolder(upgrade))).isEmpty();
    }
}
