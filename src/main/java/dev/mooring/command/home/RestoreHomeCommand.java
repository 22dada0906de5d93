package dev.mooring.command.home;

import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.dataplane.archive.ArchiveStores;
import dev.mooring.dataplane.local.archive.Compression;
import dev.mooring.dataplane.local.homebackup.HomeArchive;
import dev.mooring.dataplane.local.homebackup.HomeManifest;
import dev.mooring.dataplane.local.homebackup.HomeRestore;
import dev.mooring.home.HomeLock;
import dev.mooring.home.KeyFile;
import dev.mooring.home.MooringHome;
import dev.mooring.process.ServerAccount;
import dev.mooring.start.Schema;
import dev.mooring.start.preflight.EarlySettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Scanner;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "restore-home",
        description =
                "Makes an empty home folder that of a Mooring whose machine was lost, from a backup in the archive that"
                        + " the settings name. The next start brings its databases back from the same archive. The lost"
                        + " machine must not run any more.",
        mixinStandardHelpOptions = true)
public final class RestoreHomeCommand implements Callable<Integer> {

    @Option(names = "--home", paramLabel = "ID", description = "Which one, where the archive holds several.")
    private UUID id;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "The newest backup that is not newer than this, such as 2026-11-24T21:41:18Z.")
    private String at;

    @Override
    public Integer call() throws Failure, IOException {
        MooringHome home = Common.home();
        home.create();
        Compression.unpackTo(home.cache());
        try {
            HomeLock.take(home);
        } catch (IllegalStateException e) {
            throw new Failure(e.getMessage());
        }
        HomeRestore restore = new HomeRestore(home, ServerAccount.choose(EarlySettings.get("mooring.local.user")));
        if (!restore.unpacked()) {
            unpack(home, restore);
        }
        restore.finish();
        System.out.println(home.root() + " is ready: start it with   mooring up");
        return 0;
    }

    private void unpack(MooringHome home, HomeRestore restore) throws Failure, IOException {
        List<Path> inTheWay = restore.inTheWay();
        if (!inTheWay.isEmpty()) {
            throw new Failure("nothing was restored: there is a Mooring in " + home.root() + " already ("
                    + inTheWay.stream().map(Path::toString).collect(Collectors.joining(", "))
                    + "). Move it away, or set MOORING_HOME");
        }
        ArchiveStore store = ArchiveStores.of(
                new EarlyArchiveSettings(), home, home.archive().toString());
        byte[] key = key(home);
        HomeArchive archive = new HomeArchive(store, which(store), key);
        HomeArchive.Kept backup = choose(archive.backups());
        HomeManifest manifest;
        try {
            manifest = restore.unpack(archive, backup, key, Schema.NEWEST);
        } catch (IllegalStateException e) {
            throw new Failure("nothing was restored: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure("nothing was restored: the backup of " + backup.at() + " cannot be read: "
                    + (e.getMessage() == null ? e.toString() : e.getMessage())
                    + ". With --at an older one can be tried");
        }
        System.out.println("restored home " + manifest.home() + " as of " + manifest.madeAt());
    }

    private UUID which(ArchiveStore store) throws Failure, IOException {
        Set<UUID> homes = HomeArchive.homes(store);
        if (homes.isEmpty()) {
            throw new Failure("nothing was restored: there is no backup of a Mooring in " + store.location()
                    + "; set MOORING_ARCHIVE_FOLDER or MOORING_ARCHIVE_S3_BUCKET as the lost one had it");
        }
        if (id == null && homes.size() > 1) {
            throw new Failure("the archive holds several; say which with --home: "
                    + homes.stream().map(UUID::toString).collect(Collectors.joining(", ")));
        }
        if (id != null && !homes.contains(id)) {
            throw new Failure("the archive holds no home " + id + "; it holds "
                    + homes.stream().map(UUID::toString).collect(Collectors.joining(", ")));
        }
        return id == null ? homes.iterator().next() : id;
    }

    private HomeArchive.Kept choose(List<HomeArchive.Kept> backups) throws Failure {
        Instant limit;
        try {
            limit = at == null ? Instant.MAX : OffsetDateTime.parse(at).toInstant();
        } catch (DateTimeParseException e) {
            throw new Failure("--at must be a time as in RFC 3339, such as 2026-11-24T21:41:18Z");
        }
        return backups.reversed().stream()
                .filter(backup -> !backup.at().isAfter(limit))
                .findFirst()
                .orElseThrow(() -> new Failure(
                        backups.isEmpty()
                                ? "there is no backup of that home"
                                : "the oldest backup is of "
                                        + backups.getFirst().at()));
    }

    /** Never an argument: those can be seen by everybody on the machine. */
    private static byte[] key(MooringHome home) throws Failure {
        String text = EarlySettings.get("mooring.backup.key");
        if (text == null) {
            System.err.print("The key, as  mooring backup --key  has printed it: ");
            System.err.flush();
            Scanner typed = new Scanner(System.in, StandardCharsets.UTF_8);
            text = typed.hasNextLine() ? typed.nextLine() : "";
        }
        try {
            return KeyFile.ofBackups(home).decode(text);
        } catch (IllegalArgumentException e) {
            throw new Failure(e.getMessage());
        }
    }
}
