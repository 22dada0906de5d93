package dev.mooring.home;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Pattern;

/** The folder with all state of one Mooring on this machine. */
public record MooringHome(Path root) {

    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    /**
     * {@code MOORING_HOME}; else {@code ~/.mooring}, or {@code /var/lib/mooring} for root, whose home folder the
     * unprivileged PostgreSQL processes could not enter.
     */
    public static MooringHome configured() {
        String set = System.getProperty("mooring.home", System.getenv("MOORING_HOME"));
        if (set != null && !set.isBlank()) {
            return at(set);
        }
        if ("root".equals(System.getProperty("user.name"))) {
            return new MooringHome(Path.of("/var/lib/mooring"));
        }
        return new MooringHome(Path.of(System.getProperty("user.home"), ".mooring"));
    }

    /**
     * @throws IllegalArgumentException for a folder whose name would reach a shell: pg_ctl and initdb pass paths to one, in
     *     double quotes
     */
    static MooringHome at(String folder) {
        Path root = Path.of(folder).toAbsolutePath().normalize();
        if (root.toString().chars().anyMatch(c -> c < ' ' || c == 0x7f || "\"$`\\".indexOf(c) >= 0)) {
            throw new IllegalArgumentException("MOORING_HOME must not hold double quotes, dollar signs, backticks,"
                    + " backslashes or control characters, which PostgreSQL's programs cannot take: " + root);
        }
        return new MooringHome(root);
    }

    /** Whether a folder of that name can be a cluster's, an app's or a deployment's: they are named by their ids. */
    public static boolean isId(Path folder) {
        return ID.matcher(folder.getFileName().toString()).matches();
    }

    /** Makes the folders that are missing. Secrets' folders are 0700; the others can be entered by the database processes. */
    public void create() throws IOException {
        DurableFiles.createFolders(root, "rwx--x--x");
        DurableFiles.createFolders(clusters(), "rwx--x--x");
        DurableFiles.createFolders(engines(), "rwxr-xr-x");
        DurableFiles.createFolders(metadata(), "rwx--x--x");
        DurableFiles.createFolders(keys(), "rwx------");
        DurableFiles.createFolders(tls(), "rwx--x--x");
        DurableFiles.createFolders(cache(), "rwx------");
        DurableFiles.createFolders(apps(), "rwx--x--x");
        DurableFiles.createFolders(uploads(), "rwx------");
        DurableFiles.createFolders(archive(), "rwx------");
        DurableFiles.createFolders(drills(), "rwx--x--x");
        DurableFiles.createFolders(accounts(), "rwx------");
    }

    public Path metadata() {
        return root.resolve("metadata");
    }

    public Path clusters() {
        return root.resolve("clusters");
    }

    public Path cluster(UUID id) {
        return clusters().resolve(id.toString());
    }

    public Path engines() {
        return root.resolve("engines");
    }

    public Path keys() {
        return root.resolve("keys");
    }

    public Path tls() {
        return root.resolve("tls");
    }

    /** What remains of clusters when {@code clusters} is lost; better on another disk. */
    public Path archive() {
        return root.resolve("archive");
    }

    /** Restored aside to see whether it works; nothing in it is worth keeping. */
    public Path drills() {
        return root.resolve("drills");
    }

    /** A folder for each app. */
    public Path apps() {
        return root.resolve("apps");
    }

    /** Which account the processes of each app run under. */
    public Path accounts() {
        return root.resolve("accounts");
    }

    /** The archives that apps were uploaded as; they may hold secrets. */
    public Path uploads() {
        return root.resolve("uploads");
    }

    /** Nothing in it is worth keeping. */
    public Path cache() {
        return root.resolve("cache");
    }

    /** There while a backup of a home is being made one: nothing may start on that. */
    public Path restoring() {
        return root.resolve(".restoring");
    }

    /** There from when a home was made of a backup until its databases are on their way back: the name of that event, a UUID. */
    public Path returned() {
        return root.resolve("returned");
    }

    public Path adminToken() {
        return root.resolve("admin-token");
    }

    /** The URL that the Mooring of this folder listens at, or listened at last. */
    public Path address() {
        return root.resolve("address");
    }

    /** The identity of this home as a worker node: made once, kept. */
    public UUID nodeId() throws IOException {
        Path file = root.resolve("node-id");
        if (Files.notExists(file)) {
            write(file, UUID.randomUUID().toString(), "rw-r--r--");
        }
        String text = Files.readString(file).strip();
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    file + " is damaged: it has to hold the id that this home has among the nodes"
                            + " (worker_node in the metadata)",
                    e);
        }
    }

    /**
     * Writes a whole file or nothing, never readable by more than the given permissions; see {@link DurableFiles}.
     *
     * @param file in a folder that only Mooring changes; for other folders there is {@code Handover}
     */
    public static void write(Path file, String content, String permissions) throws IOException {
        DurableFiles.write(file, content.getBytes(StandardCharsets.UTF_8), permissions);
    }

    /**
     * Deletes a folder with all that is in it; fine when it is not there.
     *
     * @param folder in a folder that only Mooring changes; who may work inside of it does not matter
     */
    public static void deleteTree(Path folder) {
        try {
            Trees.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + folder, e);
        }
    }
}
