package dev.mooring.process.pgbouncer;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PgBouncer's console, by the simple queries of PostgreSQL's protocol, version 3. Over a unix socket in a folder that only the servers'
 * account enters; nobody is asked for a password there, and over TCP nobody is let in at all.
 */
public final class PgBouncerConsole implements AutoCloseable {

    /** The only one who may use the console. PgBouncer knows no password of it. */
    public static final String USER = "mooring_console";

    public static final String DATABASE = "pgbouncer";

    private static final int PROTOCOL = 3 << 16;
    private static final int LONGEST_MESSAGE = 1 << 24;
    private static final int LENGTH_BYTES = 4;

    private final SocketChannel channel;
    private final Thread watchdog;
    private volatile boolean late;

    private PgBouncerConsole(SocketChannel channel, Duration atMost) {
        this.channel = channel;
        this.watchdog = Thread.ofVirtual().name("pgbouncer-console").start(() -> closeAfter(atMost));
    }

    /**
     * @param atMost how long all that is asked may take together
     * @throws TookTooLong also of {@link #ask}
     */
    public static PgBouncerConsole open(Path socket, Duration atMost) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        PgBouncerConsole console = new PgBouncerConsole(channel, atMost);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            console.begin();
            return console;
        } catch (IOException | RuntimeException e) {
            console.close();
            throw e;
        }
    }

    /** It did not answer in time. What was asked may still be under way. */
    public static final class TookTooLong extends IOException {
        private static final long serialVersionUID = 1;

        TookTooLong() {
            super("PgBouncer did not answer in time");
        }
    }

    /** It answered that it does not do that. */
    public static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super("PgBouncer refuses: " + message);
        }
    }

    private void closeAfter(Duration atMost) {
        try {
            Thread.sleep(atMost);
            late = true;
            channel.close();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void begin() throws IOException {
        byte[] words = ("user\0" + USER + "\0database\0" + DATABASE + "\0\0").getBytes(StandardCharsets.UTF_8);
        write(ByteBuffer.allocate(2 * LENGTH_BYTES + words.length)
                .putInt(2 * LENGTH_BYTES + words.length)
                .putInt(PROTOCOL)
                .put(words)
                .flip());
        rows();
    }

    /** @return the rows of the answer, each by the names of its columns */
    public List<Map<String, String>> ask(String command) throws IOException {
        byte[] words = (command + "\0").getBytes(StandardCharsets.UTF_8);
        write(ByteBuffer.allocate(1 + LENGTH_BYTES + words.length)
                .put((byte) 'Q')
                .putInt(LENGTH_BYTES + words.length)
                .put(words)
                .flip());
        return rows();
    }

    /** Reads until it is ready for the next question. */
    private List<Map<String, String>> rows() throws IOException {
        List<Map<String, String>> rows = new ArrayList<>();
        List<String> columns = List.of();
        Refused refused = null;
        while (true) {
            ByteBuffer head = read(1 + LENGTH_BYTES);
            char kind = (char) head.get();
            int length = head.getInt() - LENGTH_BYTES;
            if (length < 0 || length > LONGEST_MESSAGE) {
                throw new IOException("that is not PgBouncer's console: a message of " + length + " bytes");
            }
            ByteBuffer body = read(length);
            switch (kind) {
                case 'T' -> columns = columns(body);
                case 'D' -> rows.add(row(columns, body));
                case 'E' -> refused = new Refused(message(body));
                case 'R' -> {
                    if (body.getInt() != 0) {
                        throw new IOException("PgBouncer's console asks for a password");
                    }
                }
                case 'Z' -> {
                    if (refused != null) {
                        throw refused;
                    }
                    return rows;
                }
                default -> {
                    // Parameters, notices and the names of commands.
                }
            }
            if (refused != null && columns.isEmpty() && kind == 'E' && fatal(body)) {
                throw refused;
            }
        }
    }

    private static List<String> columns(ByteBuffer body) {
        int count = body.getShort();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(text(body));
            // Table, column, type, its size, its modifier, the format.
            body.position(body.position() + 18);
        }
        return names;
    }

    private static Map<String, String> row(List<String> columns, ByteBuffer body) {
        int count = body.getShort();
        Map<String, String> row = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            int length = body.getInt();
            if (length < 0) {
                row.put(columns.get(i), "");
            } else {
                byte[] bytes = new byte[length];
                body.get(bytes);
                row.put(columns.get(i), new String(bytes, StandardCharsets.UTF_8));
            }
        }
        return row;
    }

    private static boolean fatal(ByteBuffer body) {
        return "FATAL".equals(field(body, 'S'));
    }

    private static String message(ByteBuffer body) {
        return field(body, 'M');
    }

    private static String field(ByteBuffer body, char wanted) {
        body.rewind();
        while (body.hasRemaining()) {
            char kind = (char) body.get();
            if (kind == 0) {
                break;
            }
            String value = text(body);
            if (kind == wanted) {
                return value;
            }
        }
        return "";
    }

    private static String text(ByteBuffer body) {
        int begin = body.position();
        while (body.get() != 0) {
            // To its end.
        }
        return new String(body.array(), begin, body.position() - 1 - begin, StandardCharsets.UTF_8);
    }

    private void write(ByteBuffer message) throws IOException {
        try {
            while (message.hasRemaining()) {
                channel.write(message);
            }
        } catch (ClosedChannelException e) {
            throw closed(e);
        }
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        try {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new EOFException("PgBouncer has closed its console");
                }
            }
        } catch (ClosedChannelException e) {
            throw closed(e);
        }
        return buffer.flip();
    }

    private IOException closed(ClosedChannelException e) {
        return late || e instanceof AsynchronousCloseException ? new TookTooLong() : e;
    }

    @Override
    public void close() throws IOException {
        watchdog.interrupt();
        channel.close();
    }
}
