package dev.mooring.process.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a server has written about itself into {@code postmaster.pid}; it may have ended since.
 *
 * @param started to the second
 * @param ready whether it lets clients in
 */
record PidFile(long pid, Instant started, boolean ready) {

    // Lines, counted from zero (PostgreSQL's sources, pidfile.h).
    private static final int PID = 0;
    private static final int START_TIME = 2;
    private static final int STATUS = 7;

    static Path of(Path data) {
        return data.resolve("postmaster.pid");
    }

    /** Empty when there is none, or none that says enough. */
    static Optional<PidFile> read(Path data) {
        try {
            // Paths in it may be in any encoding.
            List<String> lines = Files.readAllLines(of(data), StandardCharsets.ISO_8859_1);
            return lines.size() <= START_TIME
                    ? Optional.empty()
                    : Optional.of(new PidFile(
                            Long.parseLong(lines.get(PID).strip()),
                            Instant.ofEpochSecond(
                                    Long.parseLong(lines.get(START_TIME).strip())),
                            lines.size() > STATUS && lines.get(STATUS).strip().equals("ready")));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
