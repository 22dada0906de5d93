package dev.mooring.start.preflight;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Who listens where on this machine. */
final class Ports {

    private static final Path PROCESSES = Path.of("/proc");
    private static final String LISTENS = "0A";

    private Ports() {}

    /**
     * Why nobody can listen there; empty when it is free.
     *
     * @param port 0 for any
     */
    static Optional<String> taken(InetAddress address, int port) {
        if (port == 0) {
            return Optional.empty();
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address, port));
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(holder(port)
                    .map(holder -> "is taken by " + holder)
                    .orElse("cannot be listened on at " + address.getHostAddress() + ": " + e.getMessage()));
        }
    }

    /** Of Linux, and where this account may look; elsewhere nobody is named. */
    private static Optional<String> holder(int port) {
        Set<String> sockets = new HashSet<>();
        for (String table : List.of("tcp", "tcp6")) {
            try (Stream<String> lines = Files.lines(PROCESSES.resolve("net").resolve(table))) {
                lines.skip(1)
                        .map(line -> line.strip().split("\\s+"))
                        .filter(fields -> fields.length > 9 && fields[3].equals(LISTENS))
                        .filter(fields -> fields[1].endsWith(":" + "%04X".formatted(port)))
                        .forEach(fields -> sockets.add("socket:[" + fields[9] + "]"));
            } catch (IOException e) {
                return Optional.empty();
            }
        }
        return ProcessHandle.allProcesses()
                .filter(process -> holds(process.pid(), sockets))
                .findFirst()
                .map(process -> process.info()
                                .command()
                                .map(command -> Path.of(command).getFileName().toString())
                                .orElse("another program")
                        + ", pid " + process.pid());
    }

    private static boolean holds(long pid, Set<String> sockets) {
        try (Stream<Path> files =
                Files.list(PROCESSES.resolve(Long.toString(pid)).resolve("fd"))) {
            return files.anyMatch(file -> {
                try {
                    return sockets.contains(Files.readSymbolicLink(file).toString());
                } catch (IOException e) {
                    // Closed meanwhile.
                    return false;
                }
            });
        } catch (IOException e) {
            // Gone, or another account's.
            return false;
        }
    }
}
