package dev.mooring.process.postgres;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where nothing tells what a process works in, as on macOS: the server is the process of the id in its pid file that runs the
 * server's program and was started when the server says that it was. A later process of the same id was started later, because
 * the server had written its file by then.
 *
 * @param data the data directory
 */
record PortableServerProcesses(Path data) implements ServerProcesses {

    private static final String PROGRAM = "postgres";
    /** The file has whole seconds, and systems tell the start of a process about as exactly. */
    private static final Duration LATER = Duration.ofSeconds(2);
    /** From the start of the process until it takes the time, on a machine that has much to do. */
    private static final Duration EARLIER = Duration.ofMinutes(1);

    @Override
    public Optional<ProcessHandle> server(PidFile file) {
        return ProcessHandle.of(file.pid())
                .filter(ProcessHandle::isAlive)
                .filter(PortableServerProcesses::isServer)
                .filter(process -> process.info()
                        .startInstant()
                        .map(start -> fits(start, file.started()))
                        .orElse(false));
    }

    private static boolean fits(Instant start, Instant told) {
        return !start.isAfter(told.plus(LATER)) && !start.isBefore(told.minus(EARLIER));
    }

    private static boolean isServer(ProcessHandle process) {
        return process.info()
                .command()
                .map(command -> PROGRAM.equals(Path.of(command).getFileName().toString()))
                .orElse(false);
    }

    @Override
    public List<ProcessHandle> all() {
        List<ProcessHandle> all = new ArrayList<>();
        PidFile.read(data).flatMap(this::server).ifPresent(server -> {
            all.add(server);
            server.descendants().forEach(all::add);
        });
        return all;
    }

    @Override
    public boolean halted(ProcessHandle process) {
        return false;
    }

    @Override
    public boolean working(ProcessHandle process) {
        return process.isAlive();
    }

    /** A session that has outlived its server could be this one's: it has neither a parent nor children that are servers. */
    @Override
    public boolean none() {
        return all().isEmpty()
                && ProcessHandle.allProcesses()
                        .filter(PortableServerProcesses::isServer)
                        .allMatch(process -> process.parent()
                                        .map(PortableServerProcesses::isServer)
                                        .orElse(false)
                                || process.children().anyMatch(PortableServerProcesses::isServer));
    }
}
