package dev.mooring.dboscloud.upload;

import dev.mooring.app.runtime.AppsSettings;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;

/**
 * The archives of apps, one file for each version, kept as long as the app: any of them may be deployed again. They are
 * files and not rows because they may have half a gigabyte. Replicas that share their metadata have to share this folder
 * as well: the one that gets an archive need not be the one that runs the app.
 */
@ApplicationScoped
public class Uploads {

    /** Bytes of an archive, as in DBOS Cloud's documentation. */
    public static final long LONGEST = 512L << 20;

    private static final String PRIVATE = "rw-------";
    private static final String PARTIAL = ".partial";
    private static final Duration LONGEST_UPLOAD = Duration.ofDays(1);

    private final Path folder;
    private final Clock clock;

    Uploads(AppsSettings settings, MooringHome home, Clock clock) {
        this.clock = clock;
        this.folder = settings.uploads().map(Path::of).orElse(home.uploads());
    }

    private Path folder(UUID app) {
        return folder.resolve(app.toString());
    }

    /** The archive of a version; whether it is there is another question. */
    public Path archive(UUID app, String version) {
        return folder(app).resolve(version + ".zip");
    }

    public void delete(UUID app) {
        MooringHome.deleteTree(folder(app));
    }

    /** A new version, which nobody else gets. */
    public Draft draft(UUID app) throws IOException {
        Files.createDirectories(
                folder(app), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        DurableFiles.sync(folder);
        sweep(folder(app));
        for (long version = clock.instant().toEpochMilli(); ; version++) {
            Path partial = folder(app).resolve(version + PARTIAL);
            try {
                Files.createFile(
                        partial, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
            } catch (FileAlreadyExistsException e) {
                continue;
            }
            if (Files.notExists(archive(app, Long.toString(version)))) {
                return new Draft(Long.toString(version), partial, archive(app, Long.toString(version)));
            }
            Files.delete(partial);
        }
    }

    /** What was on its way when a Mooring was killed, and cannot be any more. */
    private void sweep(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, "*" + PARTIAL)) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file)
                        .toInstant()
                        .isBefore(clock.instant().minus(LONGEST_UPLOAD))) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** An archive on its way in: there as a whole or not at all. */
    public record Draft(String version, Path partial, Path archive) {

        /** Where its bytes go; refuses more than {@link #LONGEST}. */
        public OutputStream open() throws IOException {
            return new Limited(Files.newOutputStream(partial));
        }

        /** From here on it survives a crash of the machine. */
        public void keep() throws IOException {
            DurableFiles.sync(partial);
            DurableFiles.move(partial, archive);
        }

        public void discard() throws IOException {
            Files.deleteIfExists(partial);
            Files.deleteIfExists(archive);
        }
    }

    private static final class Limited extends FilterOutputStream {
        private long written;

        Limited(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            count(1);
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            count(length);
            out.write(bytes, offset, length);
        }

        private void count(int more) {
            written += more;
            if (written > LONGEST) {
                throw new BadArchive("has more than " + (LONGEST >> 20) + " MiB");
            }
        }
    }
}
