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
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Which accounts of this machine hold the ports that Mooring connects to, as Linux tells in its tables of sockets (proc_pid_net(5)). Any account may
 * listen at a port whose owner is down; who connects there asks here before it says anything. On other systems nobody is asked.
 */
public final class SocketOwners {

    private static final List<Path> TABLES = List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

    private static final String LISTENS = "0A";
    private static final int WORD = 4;
    /** IPv4 as IPv6 has it, in the tables' words of four bytes. */
    private static final String MAPPED = hex(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1});

    private static final String ANY = "00000000";
    private static final String ANY6 = ANY.repeat(WORD);

    // Columns of a line, separated by blanks.
    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int STATE = 3;
    private static final int ACCOUNT = 7;
    private static final int INODE = 9;

    private SocketOwners() {}

    private record Line(String local, String remote, boolean listens, int account, boolean accepted) {
        static Line of(String text) {
            String[] fields = new String[INODE + 1];
            StringTokenizer words = new StringTokenizer(text, " ");
            for (int i = 0; i <= INODE; i++) {
                fields[i] = words.nextToken();
            }
            return new Line(
                    fields[LOCAL],
                    fields[REMOTE],
                    fields[STATE].equals(LISTENS),
                    Integer.parseUnsignedInt(fields[ACCOUNT]),
                    // What waits in a listener's queue has no inode yet, and no account: it is the listener's.
                    !fields[INODE].equals("0"));
        }
    }

    /**
     * That who would be given a connection to there is trusted. Blocks for a few microseconds, however many connections there are: the tables begin
     * with those who listen. For who has just connected there: whatever waits in a listener's queue ends with the listener.
     *
     * @throws ConnectException when it is somebody else, or nobody; with the number of the account
     */
    public static void checkListener(InetSocketAddress there, IntPredicate trusted) throws IOException {
        if (told()) {
            check(there.getPort(), listening(there), trusted);
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
            read(table, there.getPort(), false, line -> {
                if (line.accepted() && is(line.local(), there) && is(line.remote(), here)) {
                    accounts.add(line.account());
                }
            });
        }
        check(there.getPort(), accounts.isEmpty() ? listening(there) : accounts, trusted);
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

    /**
     * Other addresses may have other listeners at the same port. The system takes one at the very address before one at any, and of the
     * latter one of the address's own family.
     */
    private static Set<Integer> listening(InetSocketAddress there) throws IOException {
        String port = hex(there.getPort());
        Map<String, Set<Integer>> accounts = new HashMap<>();
        for (Path table : TABLES) {
            read(table, there.getPort(), true, line -> {
                if (line.listens() && line.local().endsWith(port)) {
                    accounts.computeIfAbsent(line.local(), address -> new TreeSet<>())
                            .add(line.account());
                }
            });
        }
        String exact = hex(there.getAddress().getAddress());
        return Stream.of(exact, MAPPED + exact, ANY, ANY6)
                .map(address -> accounts.get(address + port))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(Set.of());
    }

    /** Whether this machine tells it, which need not be like the one that the executable was made on. Where it does not, nobody is refused. */
    public static boolean told() {
        return Files.isReadable(TABLES.getFirst());
    }

    /** @param listeners whether only they are wanted, with whom a table begins */
    private static void read(Path table, int port, boolean listeners, Consumer<Line> reader) throws IOException {
        if (!Files.isReadable(table)) {
            // A kernel without IPv6.
            return;
        }
        String wanted = hex(port) + " ";
        try (BufferedReader lines = Files.newBufferedReader(table, StandardCharsets.US_ASCII)) {
            lines.readLine();
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                if (text.contains(wanted)) {
                    reader.accept(Line.of(text));
                } else if (listeners && !text.contains(" " + LISTENS + " ")) {
                    return;
                }
            }
        }
    }

    private static String hex(int port) {
        return ":" + HexFormat.of().withUpperCase().toHexDigits((short) port);
    }

    private static boolean is(String shown, InetSocketAddress address) {
        String port = hex(address.getPort());
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
