package dev.mooring.dataplane.local.standby.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy begins in segment 3; the rest lies with it or with the primary. */
class WalChainTest {

    private static final int SIZE = 1 << 20;
    private static final int PER_LOG = 4096;

    @TempDir
    private Path folder;

    private Path follower;
    private Path primary;

    @BeforeEach
    void twoNodes() throws IOException {
        follower = folder.resolve("follower");
        primary = folder.resolve("primary");
        Files.createDirectories(follower.resolve("pg_wal"));
        Files.createDirectories(primary.resolve("pg_wal"));
        Files.writeString(
                follower.resolve("backup_label"),
                "START WAL LOCATION: 0/300028 (file 000000010000000000000003)\nCHECKPOINT LOCATION: 0/300060\n");
    }

    private static String name(long segment) {
        return "%08X%08X%08X".formatted(1, segment / PER_LOG, segment % PER_LOG);
    }

    /** @param written the one that its first page says it is */
    private static void segment(Path node, long segment, long written) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.nativeOrder());
        bytes.putLong(8, written * SIZE);
        Files.write(node.resolve("pg_wal").resolve(name(segment)), bytes.array());
    }

    private boolean leadsOn() throws Exception {
        return WalChain.leadsOn(follower, primary);
    }

    @Test
    void bothTogetherHaveEverythingFromWhereItBegins() throws Exception {
        segment(follower, 3, 3);
        segment(follower, 4, 4);
        segment(primary, 4, 4);
        segment(primary, 5, 5);
        assertThat(leadsOn()).isTrue();
    }

    @Test
    void whatThePrimaryHasLetGoOfIsMissed() throws Exception {
        segment(follower, 3, 3);
        segment(primary, 5, 5);
        assertThat(leadsOn()).isFalse();
    }

    @Test
    void whereItBeginsIsNeededToo() throws Exception {
        segment(primary, 4, 4);
        assertThat(leadsOn()).isFalse();
    }

    /** A file that is kept for later has its new name already, and the content of an old one. */
    @Test
    void aFileThatIsToBeWrittenAgainIsNoWal() throws Exception {
        segment(follower, 3, 3);
        segment(follower, 5, 1);
        segment(primary, 4, 4);
        segment(primary, 7, 2);
        assertThat(leadsOn()).isTrue();
        segment(primary, 4, 0);
        segment(primary, 5, 5);
        assertThat(leadsOn()).isFalse();
    }

    @Test
    void aSegmentOfTheNextLogFollowsTheLastOfTheOneBefore() throws Exception {
        for (long segment = 3; segment <= PER_LOG + 1; segment++) {
            if (segment == 3 || segment >= PER_LOG - 2) {
                segment(segment % 2 == 0 ? primary : follower, segment, segment);
            }
        }
        assertThat(leadsOn()).isFalse();
        Files.writeString(
                follower.resolve("backup_label"), "START WAL LOCATION: 0/FFE00028 (file " + name(PER_LOG - 2) + ")\n");
        Files.delete(follower.resolve("pg_wal").resolve(name(3)));
        assertThat(leadsOn()).isTrue();
    }

    @Test
    void aPrimaryWhoseFilesAreGoneHasNothingThatWouldBeMissed() throws Exception {
        segment(follower, 3, 3);
        segment(follower, 4, 4);
        Files.delete(primary.resolve("pg_wal"));
        Files.delete(primary);
        assertThat(leadsOn()).isTrue();
    }
}
