package dev.mooring.dataplane.local.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.archive.FolderStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WAL in, segments out, whatever the pieces it comes in. */
class WalWriterTest {

    private static final int TIMELINE = 1;
    private static final Segment FIRST = new Segment(TIMELINE, 3);
    private static final int LENGTH = 2 * Segment.SIZE + 12345;

    @TempDir
    Path folder;

    private WalArchive archive;
    private final byte[] wal = new byte[LENGTH];
    private final Random random = new Random(11);

    @BeforeEach
    void makeWal() {
        archive = new WalArchive(new FolderStore(folder, "test"), UUID.randomUUID());
        random.nextBytes(wal);
        for (int segment = 0; segment * Segment.SIZE < LENGTH; segment++) {
            ByteBuffer.wrap(wal)
                    .order(ByteOrder.nativeOrder())
                    .putLong(segment * Segment.SIZE + 8, FIRST.start() + (long) segment * Segment.SIZE);
        }
    }

    private int append(WalWriter writer, int from, int length) throws IOException {
        int some = Math.min(length, LENGTH - from);
        writer.append(FIRST.start() + from, ByteBuffer.wrap(wal, from, some));
        return from + some;
    }

    private void isThere() throws IOException {
        Segment segment = FIRST;
        for (int from = 0; from < LENGTH; from += Segment.SIZE, segment = segment.next()) {
            byte[] expected = Arrays.copyOfRange(wal, from, Math.min(LENGTH, from + Segment.SIZE));
            assertThat(archive.read(segment)).isEqualTo(Arrays.copyOf(expected, Segment.SIZE));
        }
        WalArchive.Coverage coverage = archive.coverage();
        assertThat(coverage.end(TIMELINE)).isEqualTo(FIRST.start() + LENGTH);
        assertThat(coverage.unbroken(TIMELINE, FIRST.start())).isEqualTo(FIRST.start() + LENGTH);
    }

    @Test
    void manySmallPiecesAreMergedAndNothingIsLostOrDoubled() throws IOException {
        WalWriter writer = WalWriter.resume(archive, archive.coverage(), TIMELINE, FIRST.start());
        int most = 0;
        for (int from = 0; from < LENGTH; ) {
            from = append(writer, from, 1 + random.nextInt(40_000));
            writer.flush();
            if (random.nextInt(50) == 0) {
                most = Math.max(most, archive.pieces().size());
            }
        }
        isThere();
        assertThat(most).isLessThan(60);
        assertThat(archive.pieces()).filteredOn(WalPiece::isWhole).hasSize(2);
    }

    @Test
    void aWriterGoesOnWhereAnotherOneEnded() throws IOException {
        for (int from = 0; from < LENGTH; ) {
            WalArchive.Coverage coverage = archive.coverage();
            long position = Math.max(FIRST.start(), coverage.end(TIMELINE));
            WalWriter writer = WalWriter.resume(archive, coverage, TIMELINE, position);
            from = (int) (position - FIRST.start());
            for (int i = 0; i < 20 && from < LENGTH; i++) {
                from = append(writer, from, 1 + random.nextInt(400_000));
                writer.flush();
            }
        }
        isThere();
    }

    @Test
    void whatACrashLeftOfAMergeDoesNoHarm() throws IOException {
        archive.put(new WalPiece(FIRST, 0, 1000), Arrays.copyOfRange(wal, 0, 1000), 1000);
        archive.put(new WalPiece(FIRST, 0, 600), Arrays.copyOfRange(wal, 0, 600), 600);
        archive.put(new WalPiece(FIRST, 600, 1000), Arrays.copyOfRange(wal, 600, 1000), 400);
        WalWriter writer = WalWriter.resume(archive, archive.coverage(), TIMELINE, FIRST.start() + 1000);
        assertThat(archive.pieces()).containsExactly(new WalPiece(FIRST, 0, 1000));
        append(writer, 1000, LENGTH);
        writer.flush();
        isThere();
    }

    @Test
    void aHoleIsSeenAndSoIsDamage() throws IOException {
        WalWriter writer = WalWriter.resume(archive, archive.coverage(), TIMELINE, FIRST.start());
        append(writer, 0, LENGTH);
        writer.flush();
        archive.delete(WalPiece.whole(FIRST.next()));
        WalArchive.Coverage coverage = archive.coverage();
        assertThat(coverage.unbroken(TIMELINE, FIRST.start())).isEqualTo(FIRST.end());
        assertThat(coverage.next(TIMELINE, FIRST.end())).contains(FIRST.next().end());
        assertThatThrownBy(() -> archive.read(FIRST.next()))
                .isInstanceOf(Damaged.class)
                .hasMessageContaining(FIRST.next().name() + " is missing");
        archive.put(WalPiece.whole(FIRST.next()), Arrays.copyOf(wal, Segment.SIZE), Segment.SIZE);
        assertThatThrownBy(() -> archive.read(FIRST.next()))
                .isInstanceOf(Damaged.class)
                .hasMessageContaining("0/4000000 to 0/5000000 is lost");
    }

    @Test
    void segmentsAreNamedAsPostgresNamesThem() {
        assertThat(List.of(
                        new Segment(1, 0xA3).name(),
                        new Segment(2, 0x123_45).name(),
                        Segment.at(1, Lsn.parse("1/16B3748")).name()))
                .containsExactly("0000000100000000000000A3", "000000020000012300000045", "000000010000000100000001");
        assertThat(Segment.named("000000020000012300000045")).isEqualTo(new Segment(2, 0x123_45));
    }
}
