package dev.mooring.dataplane.local.homebackup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.archive.FolderStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeArchiveTest {

    private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

    @TempDir
    Path folder;

    /** Newest first, one every so often. */
    private static List<HomeArchive.Kept> every(Duration pause, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new HomeArchive.Kept(NOW.minus(pause.multipliedBy(i)), 1))
                .toList();
    }

    @Test
    void olderOnesAreThinnedOut() {
        List<HomeArchive.Kept> all = every(Duration.ofMinutes(1), 3 * 24 * 60);
        List<HomeArchive.Kept> gone = HomeArchive.superfluous(all, NOW, Duration.ofDays(30));
        assertThat(gone).doesNotContainAnyElementsOf(all.subList(0, 10));
        assertThat(all.size() - gone.size()).isBetween(10 + 23 + 2, 10 + 25 + 3);
    }

    @Test
    void tooOldOnesGoUnlessTheyAreTheOnlyOnes() {
        List<HomeArchive.Kept> all = every(Duration.ofDays(20), 12);
        assertThat(HomeArchive.superfluous(all, NOW, Duration.ofDays(30))).isEqualTo(all.subList(10, 12));
    }

    @Test
    void homesShareAnArchive() throws Exception {
        FolderStore store = new FolderStore(folder, "here");
        UUID one = UUID.randomUUID();
        UUID other = UUID.randomUUID();
        for (UUID home : List.of(one, other)) {
            HomeArchive archive = new HomeArchive(store, home, new byte[32]);
            archive.put(NOW, out -> out.write(home.toString().getBytes(StandardCharsets.UTF_8)));
            archive.putUpload("app/1.zip", out -> out.write(1));
        }
        assertThat(HomeArchive.homes(store)).containsExactlyInAnyOrder(one, other);
        HomeArchive archive = new HomeArchive(store, one, new byte[32]);
        assertThat(archive.uploaded()).containsExactly("app/1.zip");
        assertThat(archive.backups()).hasSize(1);
        assertThat(archive.backups().getFirst().at()).isEqualTo(NOW);
        try (var in = archive.open(archive.backups().getFirst())) {
            assertThat(in.readAllBytes()).asString().isEqualTo(one.toString());
        }
    }
}
