package dev.mooring.app.runtime;

import dev.mooring.home.MooringHome;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.SystemAccounts;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The operating system's account of each app: a number out of a range that nobody else uses. It is the app's for as long as
 * the app has files or processes, and the next app gets another one.
 */
@ApplicationScoped
public class AppAccounts {

    private static final Pattern RANGE = Pattern.compile("(\\d{1,10})-(\\d{1,10})");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
    private static final String NEXT = "next";
    private static final int LOWEST = 1000;

    private final MooringHome home;
    private final int first;
    private final int last;

    AppAccounts(MooringHome home, AppsSettings settings) {
        this.home = home;
        Matcher range = RANGE.matcher(settings.uids());
        long from = range.matches() ? Long.parseLong(range.group(1)) : 0;
        long to = range.matches() ? Long.parseLong(range.group(2)) : 0;
        if (from < LOWEST || to < from || to >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "MOORING_APPS_UIDS must be the first and the last number of accounts, such"
                            + " as 200000-265535, from " + LOWEST + " up; it is " + settings.uids());
        }
        this.first = (int) from;
        this.last = (int) to;
    }

    int first() {
        return first;
    }

    int last() {
        return last;
    }

    /** The number that the app has; empty for one that was deployed before apps had accounts of their own. */
    synchronized Optional<Integer> known(UUID app) throws IOException {
        Path file = home.accounts().resolve(app.toString());
        return Files.exists(file) ? number(file) : Optional.empty();
    }

    /** Where the file is damaged the app's own folder tells whose it is; an app without one has nothing that is anybody's. */
    private Optional<Integer> number(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        if (NUMBER.matcher(text).matches()) {
            return Optional.of(Integer.parseInt(text));
        }
        Path given = new AppFolder(home.apps().resolve(file.getFileName())).cache();
        if (Files.exists(given, LinkOption.NOFOLLOW_LINKS)) {
            int owner = SystemAccounts.ownerOf(given);
            if (owner >= first && owner <= last) {
                return Optional.of(owner);
            }
        }
        return Optional.empty();
    }

    /** The number of the app from now on. */
    synchronized int allot(UUID app) throws IOException {
        Optional<Integer> known = known(app);
        if (known.isPresent()) {
            return known.get();
        }
        Set<Integer> taken = taken();
        int size = last - first + 1;
        int start = next(size);
        for (int i = 0; i < size; i++) {
            int candidate = first + (start + i) % size;
            if (!taken.contains(candidate)) {
                MooringHome.write(home.accounts().resolve(NEXT), Integer.toString(candidate + 1), "rw-------");
                MooringHome.write(home.accounts().resolve(app.toString()), Integer.toString(candidate), "rw-------");
                return candidate;
            }
        }
        throw new IOException("all accounts of MOORING_APPS_UIDS are taken: give it a longer range");
    }

    /** Ends what still runs under the app's account, which another app may get some time. Its files have to be gone. */
    public synchronized void release(UUID app) throws IOException, InterruptedException {
        endProcesses(app);
        Files.deleteIfExists(home.accounts().resolve(app.toString()));
    }

    void endProcesses(UUID app) throws IOException, InterruptedException {
        Optional<Integer> known = known(app);
        if (known.isPresent()) {
            ServerAccount.numbered(known.get()).endProcesses();
        }
    }

    /** What an app has left behind is nobody's for as long as possible: numbers come round. */
    private int next(int size) throws IOException {
        Path file = home.accounts().resolve(NEXT);
        String text = Files.exists(file)
                ? Files.readString(file, StandardCharsets.ISO_8859_1).strip()
                : "";
        if (NUMBER.matcher(text).matches()) {
            return Math.floorMod(Integer.parseInt(text) - first, size);
        }
        // Moorings of one machine begin at different places, should they have the same range.
        return Math.floorMod(home.nodeId().hashCode(), size);
    }

    private Set<Integer> taken() throws IOException {
        Set<Integer> taken = new HashSet<>();
        try (var files = Files.list(home.accounts())) {
            for (Path file : files.filter(MooringHome::isId).toList()) {
                number(file).ifPresent(taken::add);
            }
        }
        Path names = Path.of("/etc/passwd");
        if (Files.exists(names)) {
            try (var lines = Files.lines(names)) {
                taken.addAll(lines.map(line -> line.split(":"))
                        .filter(fields -> fields.length > 2 && fields[2].matches("\\d{1,9}"))
                        .map(fields -> Integer.valueOf(fields[2]))
                        .collect(Collectors.toSet()));
            }
        }
        return taken;
    }
}
