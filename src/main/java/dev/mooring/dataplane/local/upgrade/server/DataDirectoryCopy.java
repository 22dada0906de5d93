package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.archive.backup.DataFiles;
import dev.mooring.dataplane.local.archive.backup.Parallel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a data directory, brought to another one. */
final class DataDirectoryCopy {

    /** A relation's number, but for its initial fork, further forks and segments. */
    private static final Pattern FORK = Pattern.compile("(\\d+)(?:_(?:fsm|vm))?(?:\\.\\d+)?");

    private DataDirectoryCopy() {}

    /** Everything that a base backup holds, with as many hands as there are processors. */
    static void all(Path from, Path to, CopyProgress progress) throws IOException, InterruptedException {
        DataFiles content = DataFiles.of(from);
        for (String folder : content.folders()) {
            makeFolder(to.resolve(folder));
        }
        try (var files = Files.list(from.resolve("pg_wal"))) {
            for (Path history :
                    files.filter(file -> file.toString().endsWith(".history")).toList()) {
                copy(history, to.resolve("pg_wal").resolve(history.getFileName()));
            }
        }
        AtomicLong done = new AtomicLong();
        DiskRoom room = new DiskRoom(to);
        Queue<DataFiles.File> waiting = new ConcurrentLinkedQueue<>(content.files());
        Callable<Void> worker = () -> {
            for (DataFiles.File file = waiting.poll(); file != null; file = waiting.poll()) {
                room.require(file.size(), content.size() - done.get());
                copy(from.resolve(file.path()), to.resolve(file.path()));
                done.addAndGet(file.size());
            }
            return null;
        };
        List<Callable<Void>> workers = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            workers.add(worker);
        }
        Parallel.run(workers, done, content.size(), progress);
    }

    /** With owner and rights; by reference where the file system can. */
    private static void copy(Path from, Path to) throws IOException {
        try {
            Files.copy(
                    from,
                    to,
                    StandardCopyOption.COPY_ATTRIBUTES,
                    StandardCopyOption.REPLACE_EXISTING,
                    LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException dropped) {
            // The WAL knows of it.
        }
    }

    static void makeFolder(Path folder) throws IOException {
        Files.createDirectory(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Some relations with all their forks and segments. */
    static void relations(Path from, Path to, List<String> files) throws IOException {
        Map<Path, Set<String>> names = new LinkedHashMap<>();
        for (String file : files) {
            Path first = Path.of(file);
            names.computeIfAbsent(first.getParent(), folder -> new HashSet<>())
                    .add(first.getFileName().toString());
        }
        for (Map.Entry<Path, Set<String>> wanted : names.entrySet()) {
            try (var found = Files.newDirectoryStream(from.resolve(wanted.getKey()))) {
                for (Path file : found) {
                    Matcher name = FORK.matcher(file.getFileName().toString());
                    if (name.matches() && wanted.getValue().contains(name.group(1))) {
                        copy(file, to.resolve(from.relativize(file)));
                    }
                }
            }
        }
    }
}
