package dev.mooring.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Another account of this machine that listens at a port, tells what it hears, and answers nothing. Only root can
 * have one.
 */
public final class Stranger implements AutoCloseable {

    /** Tries until the port is free. Commands come by the input, what happens goes to the output. */
    private static final String PROGRAM = """
            import socket, sys, threading, time
            family = socket.AF_INET6 if sys.argv[2] == '::' else socket.AF_INET
            server = socket.socket(family)
            if family == socket.AF_INET6:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            while True:
                try:
                    server.bind((sys.argv[2], int(sys.argv[1])))
                    server.listen(50)
                    break
                except OSError:
                    time.sleep(0.005)
            def say(*words):
                print(*words, flush=True)
            say('port', server.getsockname()[1])
            kept = []
            def hear(client):
                heard = b''
                while True:
                    try:
                        some = client.recv(4096)
                    except OSError:
                        break
                    if not some:
                        break
                    heard += some
                say('heard', heard.hex())
            def accept():
                while True:
                    try:
                        client, _ = server.accept()
                    except OSError:
                        return
                    kept.append(client)
                    threading.Thread(target=hear, args=(client,), daemon=True).start()
                    say('accepted')
            threading.Thread(target=accept, daemon=True).start()
            for line in sys.stdin:
                server.shutdown(socket.SHUT_RDWR)
                server.close()
                say('left')
            """;

    private static final String HERE = "127.0.0.1";

    private final Process process;
    private final BufferedReader said;
    private final List<String> heard = new ArrayList<>();
    private int port;

    private Stranger(int account, int port, String address) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(ServerAccount.numbered(account)
                        .command("python3", "-c", PROGRAM, Integer.toString(port), address))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        // Programs of a user's own folder are not for other accounts.
        builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
        this.process = builder.start();
        this.said = process.inputReader(StandardCharsets.UTF_8);
    }

    /** At a port of its choice. */
    public static Stranger listening(int account) throws IOException {
        return new Stranger(account, 0, HERE).holding();
    }

    /** Takes the port as soon as nobody has it. */
    public static Stranger waitingFor(int account, int port) throws IOException {
        return new Stranger(account, port, HERE);
    }

    /** At a port that somebody else has at another address: at every one of IPv6. */
    public static Stranger besides(int account, int port) throws IOException {
        return new Stranger(account, port, "::").holding();
    }

    /** Once it has the port. */
    public Stranger holding() throws IOException {
        port = Integer.parseInt(await("port").strip());
        return this;
    }

    public int port() {
        return port;
    }

    /** Keeps who it has accepted; at least one of them. */
    public void leavePort() throws IOException {
        await("accepted");
        OutputStream commands = process.getOutputStream();
        commands.write('\n');
        commands.flush();
        await("left");
    }

    /** What the one who is connected to it has said, once that one has gone. */
    public String heard() throws IOException {
        return heard.isEmpty() ? await("heard").strip() : heard.removeFirst();
    }

    private String await(String word) throws IOException {
        String line = said.readLine();
        while (line != null) {
            if (line.startsWith(word)) {
                return line.substring(word.length());
            }
            if (line.startsWith("heard")) {
                heard.add(line.substring("heard".length()).strip());
            }
            line = said.readLine();
        }
        throw new IOException("the stranger has ended");
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
