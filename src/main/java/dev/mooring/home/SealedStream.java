package dev.mooring.home;

import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Much that is encrypted: AES-256-GCM in pieces of 64 KiB, so that nothing is believed before it was authenticated and nothing
 * has to fit into memory. Each piece's nonce is its number and whether it is the last one: none can be left out, moved or cut
 * off. The pieces' key is made of the given one and of 32 random bytes at the beginning, so that no nonce comes twice.
 */
public final class SealedStream {

    private static final byte[] MAGIC = "mooring sealed 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int SALT_BYTES = 32;
    private static final int PIECE = 64 << 10;
    private static final int TAG_BYTES = 16;
    private static final int NONCE_BYTES = 12;

    private SealedStream() {}

    /** Closing it ends what was written, without which it cannot be read, and leaves the target open. */
    public static OutputStream into(OutputStream out, byte[] key) throws IOException {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        out.write(MAGIC);
        out.write(salt);
        return new Writer(out, new Pieces(key, salt));
    }

    /**
     * @throws IOException when it is nothing that was sealed; reading throws it for another key, and for whatever was changed
     */
    public static InputStream outOf(InputStream in, byte[] key) throws IOException {
        if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
            throw new IOException("it is not what Mooring has sealed");
        }
        byte[] salt = in.readNBytes(SALT_BYTES);
        if (salt.length < SALT_BYTES) {
            throw new EOFException("it is cut off");
        }
        return new Reader(new PushbackInputStream(in), new Pieces(key, salt));
    }

    private static final class Pieces {
        private final SecretKeySpec key;
        private long next;

        Pieces(byte[] key, byte[] salt) {
            try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(key, "HmacSHA256"));
                mac.update(MAGIC);
                this.key = new SecretKeySpec(mac.doFinal(salt), "AES");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("cannot derive a key", e);
            }
        }

        byte[] run(int mode, byte[] bytes, int length, boolean last) throws IOException {
            byte[] nonce = ByteBuffer.allocate(NONCE_BYTES)
                    .putLong(next++)
                    .put((byte) (last ? 1 : 0))
                    .array();
            try {
                Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
                cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
                return cipher.doFinal(bytes, 0, length);
            } catch (AEADBadTagException e) {
                throw new IOException("it was sealed with another key, or is damaged", e);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("cannot encrypt", e);
            }
        }
    }

    private static final class Writer extends FilterOutputStream {
        private final Pieces pieces;
        private final byte[] piece = new byte[PIECE];
        private int filled;
        private boolean closed;

        Writer(OutputStream out, Pieces pieces) {
            super(out);
            this.pieces = pieces;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            for (int done = 0; done < length; ) {
                if (filled == PIECE) {
                    // Only now is it known not to be the last one.
                    end(false);
                }
                int now = Math.min(length - done, PIECE - filled);
                System.arraycopy(bytes, offset + done, piece, filled, now);
                filled += now;
                done += now;
            }
        }

        private void end(boolean last) throws IOException {
            out.write(pieces.run(Cipher.ENCRYPT_MODE, piece, filled, last));
            filled = 0;
        }

        @Override
        public void close() throws IOException {
            if (!closed) {
                closed = true;
                end(true);
                out.flush();
            }
        }
    }

    private static final class Reader extends InputStream {
        private final PushbackInputStream in;
        private final Pieces pieces;
        private byte[] piece = new byte[0];
        private int at;
        private boolean ended;

        Reader(PushbackInputStream in, Pieces pieces) {
            this.in = in;
            this.pieces = pieces;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            while (at == piece.length) {
                if (ended) {
                    return -1;
                }
                next();
            }
            int now = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, bytes, offset, now);
            at += now;
            return now;
        }

        private void next() throws IOException {
            byte[] sealed = in.readNBytes(PIECE + TAG_BYTES);
            int more = in.read();
            if (more >= 0) {
                in.unread(more);
            }
            ended = more < 0;
            piece = pieces.run(Cipher.DECRYPT_MODE, sealed, sealed.length, ended);
            at = 0;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
