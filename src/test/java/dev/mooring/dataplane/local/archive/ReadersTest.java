package dev.mooring.dataplane.local.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.dataplane.archive.FolderStore;
import dev.mooring.dataplane.archive.S3Store;
import dev.mooring.support.S3Server;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever reads an archive and whoever deletes parts of it know of each other by the archive alone. */
class ReadersTest {

    private static final Duration RETENTION = Duration.ofDays(7);

    @TempDir
    static Path folder;

    private static S3Server server;

    private final UUID cluster = UUID.randomUUID();
    private final UUID reader = UUID.randomUUID();
    private final Instant now = Instant.now();

    @BeforeAll
    static void start() throws IOException {
        server = new S3Server();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    static Stream<ArchiveStore> stores() {
        return Stream.of(new FolderStore(folder, "folder"), new S3Store(server.archive(), S3Server.BUCKET));
    }

    /** Three backups, two of them older than the retention, with their WAL; and a timeline that came to nothing. */
    private ClusterArchive filled(ArchiveStore store) throws IOException {
        ClusterArchive archive = new ClusterArchive(store, cluster);
        for (int i = 0; i < 3; i++) {
            Instant at = now.minus(Duration.ofDays(20 - 8 * i));
            UUID id = new UUID(0, i);
            String start = Lsn.text((long) Segment.SIZE * i);
            store.put(archive.baseFolder(id) + "/part-0000.tar.zst", out -> out.write(1));
            archive.write(new Backup(
                    id,
                    "16",
                    "16.1",
                    1,
                    start,
                    start,
                    at.toString(),
                    at.toString(),
                    1,
                    1,
                    List.of("part-0000.tar.zst")));
            put(archive, 1, i);
        }
        put(archive, 7, 0);
        return archive;
    }

    private static void put(ClusterArchive archive, int timeline, int number) throws IOException {
        byte[] bytes = new byte[Segment.SIZE];
        archive.wal().put(WalPiece.whole(Segment.at(timeline, (long) Segment.SIZE * number)), bytes, bytes.length);
    }

    private List<String> keys(ArchiveStore store) throws IOException {
        List<String> keys = new ArrayList<>();
        for (String part : List.of("base", "wal")) {
            store.list(cluster + "/" + part).forEach(stored -> keys.add(stored.key()));
        }
        return keys.stream().sorted().toList();
    }

    @ParameterizedTest
    @MethodSource("stores")
    void nothingThatMayBeReadIsDeletedUntilTheReaderHasEnded(ArchiveStore store) throws IOException {
        ClusterArchive archive = filled(store);
        List<String> before = keys(store);
        assertThat(archive.hold(reader)).isTrue();
        assertThat(archive.prune(RETENTION, now).backups()).hasSize(3);
        archive.wal().deleteTimeline(7);
        archive.end();
        assertThat(archive.delete()).isFalse();
        assertThat(keys(store)).isEqualTo(before);
        archive.deleteBackup(new UUID(0, 0));
        assertThat(archive.backups()).as("nobody begins with it any more").hasSize(2);
        assertThat(keys(store)).as("who has begun reads on").hasSize(before.size() - 1);
        archive.release(reader);
        assertThat(archive.prune(RETENTION, now).backups()).hasSize(2);
        assertThat(keys(store)).hasSize(6).noneMatch(key -> key.contains(new UUID(0, 0).toString()));
        assertThat(archive.wal().lastTimeline()).isEqualTo(1);
        assertThat(archive.delete()).isTrue();
        assertThat(store.list(cluster.toString())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("stores")
    void whoComesWhileSomethingIsDeletedWaitsAndIsGivenWay(ArchiveStore store) throws IOException {
        Readers readers = new Readers(store, cluster);
        readers.sweep(allowed -> {
            assertThat(allowed.ask()).isTrue();
            assertThat(readers.hold(reader)).isFalse();
        });
        assertThat(readers.hold(reader)).isTrue();
        readers.sweep(allowed -> {
            throw new AssertionError("somebody reads");
        });
        readers.release(reader);
    }

    @ParameterizedTest
    @MethodSource("stores")
    void whoWasKilledHoldsNothingUpForEver(ArchiveStore store) throws IOException {
        ClusterArchive archive = filled(store);
        put(
                store,
                cluster + "/holds/" + reader,
                now.minus(Readers.LONGEST_SILENCE).minusSeconds(1));
        assertThat(archive.prune(RETENTION, now).backups()).hasSize(2);
        put(store, cluster + "/sweeping", now.minus(Readers.LONGEST_SWEEP).minusSeconds(1));
        assertThat(archive.hold(reader)).isTrue();
        put(store, cluster + "/sweeping", now);
        assertThat(archive.hold(reader)).isFalse();
        archive.release(reader);
    }

    private static void put(ArchiveStore store, String key, Instant time) throws IOException {
        store.put(key, out -> out.write(time.toString().getBytes(StandardCharsets.UTF_8)));
    }
}
