package dev.mooring.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;

/**
 * Which accounts of this machine hold the ports that Mooring connects to, as Linux tells in its tables of sockets (proc_pid_net(5)). Any account may
 * listen at a port whose owner is down; who connects there asks here before it says anything. On other systems nobody is asked.
 */
public final class SocketOwners {

    private static final List<Path> TABLES = List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

    private static final String LISTENS = "0A";
    /** IPv4 as IPv6 has it, in the tables' words of four bytes. */
    private static final String MAPPED = hex(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1});

    // Columns of a line, separated by blanks.
    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int STATE = 3;
    private static final int ACCOUNT = 7;
    private static final int INODE = 9;
    private static final int WORD = 4;
    private static final int HEX = 16;

    private SocketOwners() {}

    private record Line(String local, String remote, boolean listens, int account, boolean accepted) {
        static Line of(String text) {
            String[] fields = text.strip().split("\\s+");
            return new Line(
                    fields[LOCAL],
                    fields[REMOTE],
                    fields[STATE].equals(LISTENS),
                    Integer.parseUnsignedInt(fields[ACCOUNT]),
                    // What waits in a listener's queue has no inode yet, and no account: it is the listener's.
                    !fields[INODE].equals("0"));
        }

        int port() {
            return Integer.parseInt(local.substring(local.lastIndexOf(':') + 1), HEX);
        }
    }

    /**
     * That who listens at the port, on whichever address, is trusted. Blocks for a few microseconds, however many connections there are: the tables
     * begin with those who listen. For who has just connected there: whatever waits in a listener's queue ends with the listener.
     *
     * @throws ConnectException when somebody else does, or nobody; with the number of the account
     */
    public static void checkListener(int port, IntPredicate trusted) throws IOException {
        if (told()) {
            check(port, listening(port), trusted);
        }
    }

    /**
     * That the other end of a connection within this machine is trusted. Exact, at the price of reading all of the tables: also somebody who has
     * accepted it and left the port to its owner since is found.
     *
     * @param here the end that asks
     * @throws ConnectException when it is somebody else's; with the number of the account
     */
    public static void checkPeer(InetSocketAddress here, InetSocketAddress there, IntPredicate trusted)
            throws IOException {
        if (!told()) {
            return;
        }
        Set<Integer> accounts = new TreeSet<>();
        for (Path table : TABLES) {
            read(table, line -> {
                if (line.accepted() && is(line.local(), there) && is(line.remote(), here)) {
                    accounts.add(line.account());
                }
                return true;
            });
        }
        check(there.getPort(), accounts.isEmpty() ? listening(there.getPort()) : accounts, trusted);
    }

    private static void check(int port, Set<Integer> accounts, IntPredicate trusted) throws ConnectException {
        if (accounts.isEmpty()) {
            throw new ConnectException("nobody listens at port " + port + " any more");
        }
        for (int account : accounts) {
            if (!trusted.test(account)) {
                throw new ConnectException(
                        "port " + port + " is held by the account " + account + ", which is not whose it should be");
            }
        }
    }

    private static Set<Integer> listening(int port) throws IOException {
        Set<Integer> accounts = new TreeSet<>();
        for (Path table : TABLES) {
            read(table, line -> {
                if (line.listens() && line.port() == port) {
                    accounts.add(line.account());
                }
                return line.listens();
            });
        }
        return accounts;
    }

    /** Of the machine that this runs on, which need not be like the one that the executable was made on. */
    private static boolean told() {
        return Files.isReadable(TABLES.getFirst());
    }

    private interface Reader {
        /** @return whether to go on */
        boolean line(Line line);
    }

    private static void read(Path table, Reader reader) throws IOException {
        if (!Files.isReadable(table)) {
            // A kernel without IPv6.
            return;
        }
        try (BufferedReader lines = Files.newBufferedReader(table, StandardCharsets.US_ASCII)) {
            lines.readLine();
            String text = lines.readLine();
            while (text != null && reader.line(Line.of(text))) {
                text = lines.readLine();
            }
        }
    }

    private static boolean is(String shown, InetSocketAddress address) {
        String port = String.format(Locale.ROOT, ":%04X", address.getPort());
        if (!shown.endsWith(port)) {
            return false;
        }
        String host = shown.substring(0, shown.length() - port.length());
        String wanted = hex(address.getAddress().getAddress());
        return host.equals(wanted) || address.getAddress() instanceof Inet4Address && host.equals(MAPPED + wanted);
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.length; i += WORD) {
            text.append(word(bytes, i));
        }
        return text.toString();
    }

    /** Four bytes as a number of the processor's, in hexadecimal digits. */
    private static String word(byte[] bytes, int from) {
        byte[] word = Arrays.copyOfRange(bytes, from, from + WORD);
        if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            for (int i = 0; i < WORD / 2; i++) {
                byte other = word[i];
                word[i] = word[WORD - 1 - i];
                word[WORD - 1 - i] = other;
            }
        }
        return HexFormat.of().withUpperCase().formatHex(word);
    }
}
