package dev.mooring.process.pgbouncer;

import dev.mooring.process.ProgramFolders;
import dev.mooring.process.ServerAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A PgBouncer that is new enough: that of {@code MOORING_PGBOUNCER}, Mooring's own in a folder {@code pgbouncer} beside it, or the system's.
 *
 * @param file the program
 * @param version such as {@code 1.24.1}
 */
public record PgBouncer(Path file, String version) {

    /** The first that takes prepared statements through a pool whose servers change with each transaction. */
    static final int LEAST_MINOR = 21;

    /** The first that, told to end, takes no more clients and goes with the last one that it has. */
    private static final int WAITS_FOR_CLIENTS = 23;

    private static final Logger LOG = Logger.getLogger(PgBouncer.class);
    private static final Pattern VERSION = Pattern.compile("PgBouncer (1\\.(\\d{1,4})(?:\\.\\d+)?)");
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final String NAME = "pgbouncer";
    /** Where packages put it; not every PATH has them. */
    private static final List<Path> SYSTEM =
            List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/usr/local/bin"), Path.of("/opt/homebrew/bin"));

    private static volatile @Nullable Found found;

    private record Found(Optional<PgBouncer> program, List<String> tooOld) {}

    /** Looked for once in the life of this process. */
    public static Optional<PgBouncer> find() {
        return found().program();
    }

    /** What is missing where there is none, and what to do about it. */
    public static String missing() {
        List<String> tooOld = found().tooOld();
        return "connection pools need PgBouncer 1." + LEAST_MINOR + " or newer on the machine"
                + (tooOld.isEmpty() ? "" : ", which has " + String.join(", ", tooOld))
                + ": install the package pgbouncer (Debian 13, Ubuntu 24.04, Homebrew; for older systems from apt.postgresql.org),"
                + " or name the program with MOORING_PGBOUNCER, and start Mooring again";
    }

    private static Found found() {
        Found known = found;
        if (known == null) {
            known = look();
            found = known;
        }
        return known;
    }

    private static Found look() {
        List<String> tooOld = new ArrayList<>();
        for (Path file : candidates()) {
            Optional<PgBouncer> candidate = at(file);
            if (candidate.isPresent() && candidate.get().minor() >= LEAST_MINOR) {
                return new Found(candidate, tooOld);
            }
            candidate.ifPresent(old -> tooOld.add(old.version() + " (" + old.file() + ")"));
        }
        return new Found(Optional.empty(), tooOld);
    }

    private static Set<Path> candidates() {
        Set<Path> files = new LinkedHashSet<>();
        String set = System.getProperty("mooring.pgbouncer", System.getenv("MOORING_PGBOUNCER"));
        if (set != null && !set.isBlank()) {
            files.add(Path.of(set));
        }
        ProgramFolders.named(NAME).forEach(folder -> files.add(folder.resolve(NAME)));
        String path = System.getenv("PATH");
        if (path != null) {
            for (String folder : path.split(":")) {
                files.add(Path.of(folder, NAME));
            }
        }
        SYSTEM.forEach(folder -> files.add(folder.resolve(NAME)));
        return files;
    }

    /** Empty for what is no PgBouncer. */
    static Optional<PgBouncer> at(Path file) {
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            return Optional.empty();
        }
        try {
            String said = ServerAccount.moorings()
                    .run(null, Map.of(), ANSWER_LIMIT, file.toString(), "--version")
                    .output();
            Matcher version = VERSION.matcher(said);
            return version.find()
                    ? Optional.of(new PgBouncer(file.toAbsolutePath(), version.group(1)))
                    : Optional.empty();
        } catch (IOException e) {
            LOG.warnf("%s does not tell its version: %s", file, e.getMessage());
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private int minor() {
        Matcher number = VERSION.matcher("PgBouncer " + version);
        return number.find() ? Integer.parseInt(number.group(2)) : 0;
    }

    /** By which signal it ends when its last client has gone; the older ones wait for transactions only. */
    String leave() {
        return minor() >= WAITS_FOR_CLIENTS ? "TERM" : "INT";
    }
}
