package dev.mooring.dataplane.local.homebackup;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.archive.Compression;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.KeyFile;
import dev.mooring.home.MooringHome;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a home of a backup: aside first, then in its place. Whenever that is interrupted nothing starts on what is there until it
 * has been done again.
 */
public final class HomeRestore {

    private static final String WHOLE = "whole";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final MooringHome home;
    private final Path aside;
    private final ServerAccount account;

    /**
     * @param home whose folders are there, and that nobody else works on
     */
    public HomeRestore(MooringHome home, ServerAccount account) {
        this.home = home;
        this.aside = home.restoring();
        this.account = account;
    }

    /** Whether all that is left to do is {@link #finish}: an earlier one has been interrupted there. */
    public boolean unpacked() {
        return Files.exists(aside.resolve(WHOLE));
    }

    /** What is in the home that a restore would take the place of. */
    public List<Path> inTheWay() throws IOException {
        List<Path> found = new java.util.ArrayList<>();
        for (Path folder : List.of(home.keys(), home.clusters(), home.root().resolve(HomeCopy.DATA))) {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> inside = Files.list(folder)) {
                    if (inside.findAny().isPresent()) {
                        found.add(folder);
                    }
                }
            }
        }
        return found;
    }

    /**
     * @param schema the newest of the metadata's schemas that this Mooring knows
     * @throws IOException when the backup cannot be read, or not with this key; {@link IllegalStateException} when it is a newer
     *     Mooring's
     */
    public HomeManifest unpack(HomeArchive archive, HomeArchive.Kept backup, byte[] key, int schema)
            throws IOException {
        MooringHome.deleteTree(aside);
        folder(aside);
        HomeManifest manifest;
        try (InputStream sealed = archive.open(backup);
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new BufferedInputStream(Compression.outOf(sealed)))) {
            manifest = manifest(tar);
            if (manifest.format() > HomeManifest.FORMAT || manifest.schema() > schema) {
                throw new IllegalStateException("the backup was made by a newer Mooring (its metadata have schema "
                        + manifest.schema() + ", this one knows " + schema + "): restore it with that one");
            }
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                unpack(tar, entry);
            }
        }
        for (String name : archive.uploaded()) {
            try (InputStream upload = archive.openUpload(name)) {
                Path file = inside("uploads/" + name);
                folder(file.getParent());
                DurableFiles.create(file, upload::transferTo, "rw-------");
            }
        }
        folder(aside.resolve("keys"));
        new KeyFile(aside.resolve("keys").resolve("backup-key"), "", "").write(key);
        MooringHome.write(
                aside.resolve(home.returned().getFileName()), UUID.randomUUID().toString(), "rw-------");
        permissions();
        DurableFiles.syncTree(aside);
        MooringHome.write(aside.resolve(WHOLE), "", "rw-------");
        return manifest;
    }

    private static HomeManifest manifest(TarArchiveInputStream tar) throws IOException {
        TarArchiveEntry first = tar.getNextEntry();
        if (first == null || !first.getName().equals(HomeManifest.NAME)) {
            throw new IOException("it is no backup of a Mooring");
        }
        return JSON.readValue(tar.readAllBytes(), HomeManifest.class);
    }

    private void unpack(TarArchiveInputStream tar, TarArchiveEntry entry) throws IOException {
        Path path = inside(entry.getName());
        if (entry.isDirectory()) {
            folder(path);
            return;
        }
        folder(path.getParent());
        try (var out = Files.newOutputStream(path)) {
            tar.transferTo(out);
        }
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int bit = 0; bit < all.length; bit++) {
            if ((entry.getMode() & (0400 >> bit)) != 0) {
                permissions.add(all[bit]);
            }
        }
        Files.setPosixFilePermissions(path, permissions);
    }

    private Path inside(String name) throws IOException {
        Path path = aside.resolve(name).normalize();
        if (!path.startsWith(aside)) {
            throw new IOException("the backup has a file outside of the home: " + name);
        }
        return path;
    }

    private static void folder(@Nullable Path folder) throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** As {@link MooringHome#create} makes them; the data are the server's. */
    private void permissions() throws IOException {
        for (String open : List.of("metadata", "tls")) {
            if (Files.exists(aside.resolve(open))) {
                Files.setPosixFilePermissions(aside.resolve(open), PosixFilePermissions.fromString("rwx--x--x"));
            }
        }
        Handover.tree(aside.resolve(HomeCopy.DATA), account);
    }

    /** Puts what was unpacked into its place; can be done as often as it takes. */
    public void finish() throws IOException {
        List<Path> made;
        try (Stream<Path> children = Files.list(aside)) {
            made = children.filter(child -> !child.getFileName().toString().equals(WHOLE))
                    .toList();
        }
        for (Path child : made) {
            Path place = home.root().resolve(child.getFileName());
            if (Files.isDirectory(place)) {
                // Of those that wait for it; one with something in it is not replaced.
                Files.delete(place);
            }
            DurableFiles.move(child, place);
        }
        DurableFiles.delete(aside.resolve(WHOLE));
        DurableFiles.delete(aside);
        home.create();
    }
}
