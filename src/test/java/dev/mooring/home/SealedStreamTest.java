package dev.mooring.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealedStreamTest {

    private static final int HEADER = 49;
    private static final int PIECE = 64 << 10;
    private static final byte[] KEY = bytes(32, 1);

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] seal(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream sealed = SealedStream.into(out, KEY)) {
            sealed.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] open(byte[] sealed, byte[] key) throws IOException {
        return SealedStream.outOf(new ByteArrayInputStream(sealed), key).readAllBytes();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7})
    void whatWasWrittenIsRead(int length) throws IOException {
        byte[] content = bytes(length, 2);
        byte[] sealed = seal(content);
        assertThat(open(sealed, KEY)).isEqualTo(content);
        assertThat(sealed).isNotEqualTo(seal(content));
    }

    @Test
    void anotherKeyReadsNothing() throws IOException {
        byte[] sealed = seal(bytes(10, 2));
        assertThatThrownBy(() -> open(sealed, bytes(32, 3))).hasMessageContaining("another key, or is damaged");
        assertThatThrownBy(() -> open(bytes(100, 4), KEY)).hasMessageContaining("not what Mooring has sealed");
    }

    @Test
    void whatIsCutOffChangedOrMovedDoesNotPass() throws IOException {
        byte[] sealed = seal(bytes(3 * PIECE, 2));
        int piece = PIECE + 16;
        for (int length : new int[] {HEADER, HEADER + piece, HEADER + 2 * piece, sealed.length - 1}) {
            assertThatThrownBy(() -> open(Arrays.copyOf(sealed, length), KEY))
                    .as("cut off at %d", length)
                    .isInstanceOf(IOException.class);
        }
        for (int at : new int[] {20, HEADER, HEADER + piece + 5, sealed.length - 1}) {
            byte[] changed = sealed.clone();
            changed[at] ^= 1;
            assertThatThrownBy(() -> open(changed, KEY)).as("changed at %d", at).isInstanceOf(IOException.class);
        }
        byte[] moved = sealed.clone();
        System.arraycopy(sealed, HEADER, moved, HEADER + piece, piece);
        System.arraycopy(sealed, HEADER + piece, moved, HEADER, piece);
        assertThatThrownBy(() -> open(moved, KEY)).isInstanceOf(IOException.class);
    }
}
