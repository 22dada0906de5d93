package dev.mooring.dataplane.local.postgres;

import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.process.ServerAccount;
import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Copies of templates made ahead, so that a new cluster waits for a rename where it would wait for a copy. Each has an identity of
 * its own and is on the disk by the time it has its name; they lie in their template's folder, and go with it. Made while nobody
 * asks for a cluster, of the versions that were asked for, as long as there is room.
 */
public final class SpareData {

    private static final Logger LOG = Logger.getLogger(SpareData.class);
    private static final String PARTIAL = ".partial";
    /** Since the last cluster that was asked for: a burst is not held up by what is made for the next one. */
    private static final Duration QUIET = Duration.ofSeconds(2);

    /** What has to be left for others, in bytes. */
    private static final long ROOM = 2L << 30;

    private final int most;
    private final BlockingQueue<Path> asked = new LinkedBlockingQueue<>();
    private volatile long lastUse = Monotonic.nanos() - QUIET.toNanos();
    private volatile @Nullable Thread maker;

    /**
     * @param most of each version
     */
    public SpareData(int most) {
        this.most = most;
    }

    /** From now on they are made. */
    public synchronized void start() {
        maker = Thread.ofVirtual().name("spares").start(this::make);
    }

    public synchronized void stop(Duration atMost) throws InterruptedException {
        Thread begun = maker;
        if (begun != null) {
            begun.interrupt();
            begun.join(atMost);
        }
    }

    /** Those of a version that was asked for in an earlier life are made again; what is too much, or half made, goes. */
    public void takeUp(DataTemplate.Ready template) throws IOException {
        Path folder = folder(template);
        if (Files.isDirectory(folder)) {
            List<Path> ready = ready(folder);
            Set<Path> kept = Set.copyOf(ready.subList(0, Math.min(most, ready.size())));
            children(folder).stream().filter(child -> !kept.contains(child)).forEach(MooringHome::deleteTree);
            ask(template);
        }
    }

    /** The next ones that are asked for will be there. */
    public void ask(DataTemplate.Ready template) {
        if (most > 0) {
            asked.add(template.data());
        }
    }

    /**
     * Puts a data directory of the template's version where there is none, ready made or made now.
     *
     * @param partial to make it in, on the same file system as the directory; gone afterwards
     */
    public void put(DataTemplate.Ready template, Path data, Path partial) throws IOException, InterruptedException {
        lastUse = Monotonic.nanos();
        if (!moved(template, data)) {
            copy(template.data(), partial);
            DurableFiles.move(partial.resolve("data"), data);
            MooringHome.deleteTree(partial);
        }
        ask(template);
    }

    private static boolean moved(DataTemplate.Ready template, Path data) throws IOException {
        for (Path spare : ready(folder(template))) {
            try {
                DurableFiles.move(spare.resolve("data"), data);
                MooringHome.deleteTree(spare);
                return true;
            } catch (NoSuchFileException another) {
                // Somebody else was faster.
                LOG.debugf("%s is taken", spare);
            } catch (FileSystemException elsewhere) {
                // Clusters may lie on a disk of their own.
                LOG.debugf("%s cannot be moved to %s: %s", spare, data, elsewhere.getReason());
                return false;
            }
        }
        return false;
    }

    /** In a folder that is Mooring's own as long as files are changed in it. */
    private static void copy(Path template, Path partial) throws IOException, InterruptedException {
        MooringHome.deleteTree(partial);
        Files.createDirectory(
                partial, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path data = partial.resolve("data");
        ServerAccount.moorings()
                .run(null, "cp", "-a", template.toString(), data.toString())
                .orFail("copying the template");
        SystemIdentifier.renew(data);
        DurableFiles.syncTree(data);
    }

    private void make() {
        while (true) {
            try {
                Path template = asked.take();
                Path folder = folder(template);
                while (ready(folder).size() < most && hasRoom(template)) {
                    awaitQuiet();
                    makeOne(template, folder);
                }
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    // A channel that is interrupted says so with an IOException.
                    return;
                }
                LOG.warnf("nothing is made ahead for new clusters, which take longer: %s", e.getMessage());
            }
        }
    }

    private void awaitQuiet() throws InterruptedException {
        for (long left = QUIET.toNanos(); left > 0; left = QUIET.toNanos() - (Monotonic.nanos() - lastUse)) {
            Thread.sleep(Duration.ofNanos(left));
        }
    }

    private static void makeOne(Path template, Path folder) throws IOException, InterruptedException {
        if (Files.notExists(folder)) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        String name = UUID.randomUUID().toString();
        Path partial = folder.resolve(name + PARTIAL);
        copy(template, partial);
        DurableFiles.move(partial, folder.resolve(name));
    }

    private static boolean hasRoom(Path template) throws IOException {
        return Files.exists(template) && Files.getFileStore(template).getUsableSpace() >= ROOM;
    }

    /** Of the template, for {@link #put}. */
    public static List<Path> ready(DataTemplate.Ready template) throws IOException {
        return ready(folder(template)).stream()
                .map(spare -> spare.resolve("data"))
                .toList();
    }

    private static List<Path> ready(Path folder) throws IOException {
        return children(folder).stream()
                .filter(MooringHome::isId)
                .filter(spare -> Files.exists(spare.resolve("data")))
                .toList();
    }

    private static List<Path> children(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    private static Path folder(DataTemplate.Ready template) {
        return folder(template.data());
    }

    private static Path folder(Path template) {
        return template.resolveSibling("spares");
    }
}
