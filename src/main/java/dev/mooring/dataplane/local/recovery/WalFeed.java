package dev.mooring.dataplane.local.recovery;

import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.local.archive.Damaged;
import dev.mooring.dataplane.local.archive.Segment;
import dev.mooring.dataplane.local.archive.WalArchive;
import dev.mooring.dataplane.local.postgres.ShellText;
import dev.mooring.home.MooringHome;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hands WAL to a recovering server. Segments are fetched and unpacked ahead of it, several at a time, into a folder beside its data:
 * PostgreSQL's restore_command takes one out by a rename. Where it finds none it asks for it there and waits: it needs nothing
 * of Mooring but that it comes back some time.
 */
final class WalFeed implements AutoCloseable {

    /** How many lie there at most that the server has not asked for: 128 MiB. */
    static final int AHEAD = 8;

    /** Unpacking keeps a processor busy each; of a bucket far away most is waiting. */
    private static final int AT_A_TIME = Math.max(4, Runtime.getRuntime().availableProcessors());

    private static final String SCRIPT = """
            # Asks for a file of the archive and waits for it; Mooring lays it out.
            here=${0%/*}
            until mv "$here/ready/$1" "$2" 2>/dev/null; do
              [ -e "$here/none/$1" ] && exit 1
              : > "$here/wanted/$1"
              sleep 0.02
            done
            rm -f "$here/wanted/$1"
            """;

    private final Path folder;
    private final WalArchive wal;
    private final ServerAccount account;
    private final RecoveryFacts facts;
    /** Those that are being laid out, or could not be. */
    private final Map<Segment, Future<?>> laying = new HashMap<>();

    private @Nullable ExecutorService threads;
    /** Which one to lay out ahead; null until the server has asked for one, where nobody knows where it goes on. */
    private @Nullable Segment next;

    private long end;

    WalFeed(Path folder, WalArchive wal, ServerAccount account, RecoveryFacts facts) {
        this.folder = folder;
        this.wal = wal;
        this.account = account;
        this.facts = facts;
        this.end = facts.through();
    }

    /**
     * The value of restore_command, where a percent sign that stands for itself is doubled. What lies ready costs a rename and
     * nothing else; a shell runs it, so no text but Mooring's own folder is in it, and that is quoted.
     */
    String command() {
        return "mv " + word(ready()) + "/\"%f\" \"%p\" 2>/dev/null || sh " + word(folder.resolve("fetch"))
                + " \"%f\" \"%p\"";
    }

    private static String word(Path path) {
        return ShellText.word(path.toString()).replace("%", "%%");
    }

    /** Nothing is laid out ahead behind the position; the server gets what it asks for there all the same. */
    void endsAt(long position) {
        // It has to see the record there to stop before it.
        end = Math.min(position + 1, facts.through());
    }

    /**
     * Empty, as the server finds it when it starts.
     *
     * @param fromBackup whether it begins where the base backup does
     */
    void make(boolean fromBackup) throws IOException {
        close();
        next = fromBackup ? Segment.at(facts.timeline(), facts.from()) : null;
        MooringHome.deleteTree(folder);
        Handover.passage(folder);
        Handover.passage(none());
        Handover.folder(ready(), account);
        Handover.folder(wanted(), account);
        Handover.file(folder.resolve("fetch"), SCRIPT, account);
    }

    void remove() {
        close();
        MooringHome.deleteTree(folder);
    }

    /** Lets go of what is being laid out; what is ready stays, and the server goes on with it. */
    @Override
    public void close() {
        if (threads == null) {
            return;
        }
        threads.shutdownNow();
        try {
            // Each is at work on one segment.
            threads.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads = null;
        laying.clear();
    }

    /**
     * Lays out what the server asks for, and then what it will ask for next; returns at once.
     *
     * @return bytes of WAL that it has fetched
     * @throws Damaged when what it asks for is missing or damaged
     */
    long serve() throws IOException {
        laying.values().removeIf(future -> future.state() == Future.State.SUCCESS);
        for (String name : names(wanted())) {
            // As long as it waits it asks again.
            Files.deleteIfExists(wanted().resolve(name));
            serve(name);
        }
        return next == null ? 0 : layAhead(next);
    }

    private void serve(String name) throws IOException {
        Segment asked = Segment.isName(name) ? Segment.named(name) : null;
        if (asked == null || asked.timeline() != facts.timeline() || asked.start() >= facts.through()) {
            Path mark = none().resolve(name);
            if (Files.notExists(mark)) {
                Files.createFile(mark);
            }
            return;
        }
        Future<?> begun = laying.get(asked);
        if (begun != null) {
            failIfFailed(begun);
        } else if (Files.notExists(ready().resolve(name))) {
            lay(asked);
        }
        // A little back it looks at what it had before; farther back it goes on, as from a checkpoint's record to where
        // that began.
        if (next == null || next.compareTo(asked) <= 0 || asked.number() < next.number() - AHEAD) {
            next = asked.next();
        }
    }

    private long layAhead(Segment first) throws IOException {
        Segment ahead = first;
        int ready = 0;
        for (String name : names(ready())) {
            // The folder is the server's account's, which may have put anything there.
            if (!Segment.isName(name)) {
                continue;
            }
            long number = Segment.named(name).number();
            if (number < first.number() - AHEAD || number >= first.number()) {
                // For a server that has gone on elsewhere, or had just taken it when it seemed to wait.
                Files.deleteIfExists(ready().resolve(name));
            } else {
                ready++;
            }
        }
        // What is damaged is only a loss when the server really comes there.
        boolean damaged = laying.values().stream().anyMatch(future -> future.state() == Future.State.FAILED);
        while (!damaged && ahead.start() < end && ready + laying.size() < AHEAD) {
            if (!laying.containsKey(ahead)) {
                lay(ahead);
            }
            ahead = ahead.next();
        }
        next = ahead;
        long laidOut = Math.min(ahead.start(), facts.through()) - facts.from();
        return Math.max(0, laidOut - (long) (ready + laying.size()) * Segment.SIZE);
    }

    private void lay(Segment segment) {
        if (threads == null) {
            // Not virtual ones: unpacking would keep their carriers from everything else.
            threads = Executors.newFixedThreadPool(
                    AT_A_TIME, Thread.ofPlatform().name("wal-", 0).daemon().factory());
        }
        laying.put(segment, threads.submit(() -> {
            Handover.stream(ready().resolve(segment.name()), out -> wal.unpack(segment, facts.through(), out), account);
            return null;
        }));
    }

    private static void failIfFailed(Future<?> future) throws IOException {
        if (future.state() == Future.State.FAILED) {
            switch (future.exceptionNow()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Throwable failure -> throw new IOException(failure);
            }
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    // What is not whole yet, where Mooring's account is the server's.
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private Path ready() {
        return folder.resolve("ready");
    }

    private Path wanted() {
        return folder.resolve("wanted");
    }

    private Path none() {
        return folder.resolve("none");
    }
}
