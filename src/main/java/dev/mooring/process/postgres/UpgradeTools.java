package dev.mooring.process.postgres;

import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.process.postgres.session.SessionSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * The programs that upgrade to a major version, whole sets of them: of a setting, of the system, of the wheels that the build
 * fetches, in this order. All of a set were tried, once.
 */
public final class UpgradeTools {

    /** Of 13 to 16 the control file has one format, which the last of them reads; that of 17 is read by 18. */
    private static final int LAST_OF_THE_OLD_FORMAT = 16;

    private static final Logger LOG = Logger.getLogger(UpgradeTools.class);
    private static final Pattern SAYS = Pattern.compile("\\S+ \\(PostgreSQL\\) ((\\d+)\\..+)");

    private final Set<Path> wheels;
    private final Path unpacked;
    private final AtomicBoolean begun = new AtomicBoolean();
    private final CompletableFuture<Map<String, Tools>> found = new CompletableFuture<>();

    /**
     * The programs of one version.
     *
     * @param suffixed the version as they say it, such as {@code 15.18 (Debian 15.18-0+deb12u1)}
     */
    public record Tools(String major, String suffixed, Path bin) {
        public String program(String name) {
            return bin.resolve(name).toString();
        }
    }

    /**
     * @param wheels folders that may hold some
     * @param unpacked where they are unpacked
     */
    UpgradeTools(Set<Path> wheels, Path unpacked) {
        this.wheels = wheels;
        this.unpacked = unpacked;
    }

    /** Begins to look when nobody has yet; waits for nothing. */
    private CompletableFuture<Map<String, Tools>> found() {
        if (begun.compareAndSet(false, true)) {
            Thread.ofVirtual().name("upgrade-tools").start(() -> {
                try {
                    found.complete(look(wheels, unpacked));
                } catch (IOException | RuntimeException e) {
                    LOG.warnf(e, "the programs for major upgrades could not be looked for");
                    found.completeExceptionally(e);
                }
            });
        }
        return found;
    }

    private static Map<String, Tools> look(Set<Path> wheels, Path unpacked) throws IOException {
        List<Path> bins = new ArrayList<>(Installations.folders());
        bins.addAll(Wheels.unpack(wheels, unpacked));
        Map<String, Tools> byMajor = new TreeMap<>(Comparator.comparingInt(Integer::parseInt));
        for (Path bin : bins) {
            whole(bin).ifPresent(tools -> byMajor.putIfAbsent(tools.major(), tools));
        }
        return byMajor;
    }

    /** A folder in which every program starts and is of the same version. */
    private static Optional<Tools> whole(Path bin) throws IOException {
        Matcher says = SAYS.matcher(Installations.version(bin, "pg_upgrade"));
        if (!says.matches()) {
            return Optional.empty();
        }
        for (String program : Installations.PROGRAMS) {
            if (!Installations.version(bin, program).equals(program + " (PostgreSQL) " + says.group(1))) {
                return Optional.empty();
            }
        }
        return Optional.of(new Tools(says.group(2), says.group(1), bin));
    }

    private Map<String, Tools> sets() throws IOException {
        try {
            return found().join();
        } catch (CompletionException e) {
            throw new IOException("the programs for upgrades could not be looked for", e.getCause());
        }
    }

    /** Those that upgrade to the major version. */
    public Optional<Tools> to(String major) throws IOException {
        return Optional.ofNullable(sets().get(major));
    }

    /** Those whose pg_controldata reads the control files of the major version. */
    public Optional<Tools> readingControlOf(String major) throws IOException {
        int of = Integer.parseInt(major);
        Map<String, Tools> sets = sets();
        Tools own = sets.get(major);
        if (own != null) {
            return Optional.of(own);
        }
        return sets.values().stream()
                .filter(tools -> {
                    int version = Integer.parseInt(tools.major());
                    return of <= LAST_OF_THE_OLD_FORMAT
                            ? version <= LAST_OF_THE_OLD_FORMAT
                            : version > LAST_OF_THE_OLD_FORMAT;
                })
                .findFirst();
    }

    /** What keeps this machine from upgrading from the one major version to the other, and what to install; empty for nothing. */
    public Optional<String> missing(String from, String to) throws IOException {
        if (to(to).isEmpty()) {
            return Optional.of("this machine has no pg_upgrade of PostgreSQL " + to + ": " + install(to));
        }
        if (readingControlOf(from).isEmpty()) {
            return Optional.of("this machine has no pg_controldata for PostgreSQL " + from + ": " + install(from));
        }
        return Optional.empty();
    }

    /** The major versions that can be upgraded to, oldest first; empty while they are looked for. Waits for nothing. */
    public List<String> targetsSoFar() {
        return found().isDone() && !found.isCompletedExceptionally()
                ? List.copyOf(found.join().keySet())
                : List.of();
    }

    /** Called once the programs have been found, at once if they have. */
    @SuppressWarnings("FutureReturnValueIgnored") // a search that fails is logged where it is made
    public void onFound(Runnable listener) {
        found().thenRun(listener);
    }

    /** For {@code PGOPTIONS}: whatever owners of databases have set, the tools' sessions are the superuser's own. */
    public static String sessionOptions(String major) {
        return SessionSettings.options(Integer.parseInt(major), true);
    }

    private static String install(String major) {
        return "install the package postgresql-" + major
                + " of apt.postgresql.org, or name the bin folder of an installation in MOORING_POSTGRES_INSTALLATIONS";
    }
}
