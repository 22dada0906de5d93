package dev.mooring.dataplane.local.recovery;

import dev.mooring.dataplane.RecoveryFacts;
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
import java.util.List;

/**
 * Hands WAL to a recovering server. PostgreSQL's restore_command is a few lines of shell that take a segment out of a folder,
 * or ask for it there and wait: they need nothing of Mooring but that it comes back some time. Segments are laid out ahead of
 * the server, so that it seldom waits.
 */
final class WalFeed {

    private static final int AHEAD = 6;
    private static final String SCRIPT = """
            # Takes a file of the archive to where PostgreSQL wants it; Mooring lays it out.
            here=${0%/*}
            mv "$here/ready/$1" "$2" 2>/dev/null && exit 0
            : > "$here/wanted/$1"
            until mv "$here/ready/$1" "$2" 2>/dev/null; do
              [ -e "$here/none/$1" ] && exit 1
              sleep 0.02
            done
            """;

    private final Path folder;
    private final WalArchive wal;
    private final ServerAccount account;
    private final RecoveryFacts facts;
    private Segment next;
    private boolean damageAhead;

    WalFeed(Path folder, WalArchive wal, ServerAccount account, RecoveryFacts facts) {
        this.folder = folder;
        this.wal = wal;
        this.account = account;
        this.facts = facts;
        this.next = Segment.at(facts.timeline(), facts.from());
    }

    /** The value of restore_command, where a percent sign that stands for itself is doubled. */
    String command() {
        return "sh " + ShellText.word(folder.resolve("fetch").toString()).replace("%", "%%") + " \"%f\" \"%p\"";
    }

    /** Empty, as the server finds it when it starts. */
    void make() throws IOException {
        remove();
        Handover.passage(folder);
        Handover.passage(none());
        Handover.folder(ready(), account);
        Handover.folder(wanted(), account);
        Handover.file(folder.resolve("fetch"), SCRIPT, account);
    }

    void remove() {
        MooringHome.deleteTree(folder);
    }

    /**
     * Lays out what the server asks for, and then what it will ask for next.
     *
     * @return bytes of WAL that it has fetched
     * @throws Damaged when what it asks for is damaged
     */
    long serve() throws IOException {
        for (String name : names(wanted())) {
            serve(name);
        }
        List<String> waiting = names(ready());
        for (int room = AHEAD - waiting.size(); room > 0 && next.start() < facts.through() && !damageAhead; room--) {
            try {
                lay(next);
                next = next.next();
            } catch (Damaged e) {
                // Only a loss when the server really comes here.
                damageAhead = true;
            }
        }
        long laidOut = Math.min(next.start(), facts.through()) - facts.from();
        return Math.max(0, laidOut - (long) names(ready()).size() * Segment.SIZE);
    }

    private void serve(String name) throws IOException {
        boolean found = false;
        if (Segment.isName(name)) {
            Segment asked = Segment.named(name);
            found = asked.timeline() == facts.timeline() && asked.start() < facts.through() && lay(asked);
            if (found) {
                next = asked.next();
            }
        }
        if (!found) {
            Path mark = none().resolve(name);
            if (Files.notExists(mark)) {
                Files.createFile(mark);
            }
        }
        Files.deleteIfExists(wanted().resolve(name));
    }

    private boolean lay(Segment segment) throws IOException {
        Path target = ready().resolve(segment.name());
        if (Files.exists(target)) {
            return true;
        }
        byte[] bytes = wal.read(segment);
        if (bytes == null) {
            return false;
        }
        Handover.file(target, bytes, account);
        return true;
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
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
