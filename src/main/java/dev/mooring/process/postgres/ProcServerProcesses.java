package dev.mooring.process.postgres;

import dev.mooring.process.ProcessState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the system tells of each process what it works in: a server and all that it starts works in its data directory. So may
 * somebody's shell, which is left alone.
 *
 * @param data the data directory
 */
record ProcServerProcesses(Path data) implements ServerProcesses {

    static final Path PROC = Path.of("/proc");

    private static final String PROGRAM = "postgres";
    /** How the name goes on when the file has been replaced. */
    private static final String DELETED = " (deleted)";
    /** The loader by which programs of another system are started. */
    private static final String LOADER = "ld-";
    /** pg_ctl sets it, and every command that a server runs inherits it. */
    private static final String STARTED_BY_SERVER = "PG_GRANDPARENT_PID=";

    @Override
    public Optional<ProcessHandle> server(PidFile file) {
        return ProcessHandle.of(file.pid()).filter(this::working);
    }

    @Override
    public List<ProcessHandle> all() throws IOException {
        try (Stream<Path> processes = Files.list(PROC)) {
            return processes
                    .map(path -> path.getFileName().toString())
                    .filter(name -> Character.isDigit(name.charAt(0)))
                    .map(Long::parseLong)
                    .map(ProcessHandle::of)
                    .flatMap(Optional::stream)
                    .filter(this::working)
                    .toList();
        }
    }

    @Override
    public boolean working(ProcessHandle process) {
        Path about = PROC.resolve(Long.toString(process.pid()));
        try {
            // A zombie's cwd cannot be read: it counts as dead.
            return Files.readSymbolicLink(about.resolve("cwd")).equals(data.toRealPath())
                    && (isServer(about) || wasStartedByServer(about));
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public boolean halted(ProcessHandle process) {
        return ProcessState.halted(process);
    }

    private static boolean isServer(Path about) throws IOException {
        String program =
                Files.readSymbolicLink(about.resolve("exe")).getFileName().toString();
        String name = program.endsWith(DELETED) ? program.substring(0, program.length() - DELETED.length()) : program;
        return name.equals(PROGRAM)
                || name.startsWith(LOADER)
                        && words(about.resolve("cmdline"))
                                .anyMatch(word -> word.startsWith(PROGRAM + ":") || word.endsWith("/" + PROGRAM));
    }

    private static boolean wasStartedByServer(Path about) throws IOException {
        return words(about.resolve("environ")).anyMatch(word -> word.startsWith(STARTED_BY_SERVER));
    }

    private static Stream<String> words(Path file) throws IOException {
        return Arrays.stream(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\0"));
    }

    @Override
    public boolean none() throws IOException {
        return all().isEmpty();
    }
}
