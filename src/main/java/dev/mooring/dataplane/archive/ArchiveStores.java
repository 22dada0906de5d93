package dev.mooring.dataplane.archive;

import dev.mooring.home.MooringHome;
import java.nio.file.Path;

/** Which of them it is. */
public final class ArchiveStores {

    private ArchiveStores() {}

    /**
     * @param own location of the one in the home folder, which nobody else reaches
     */
    public static ArchiveStore of(ArchiveSettings settings, MooringHome home, String own) {
        if (settings.s3().bucket().isPresent()) {
            return new S3Store(settings.s3(), settings.s3().bucket().get());
        }
        return settings.folder()
                .map(folder -> Path.of(folder).toAbsolutePath().normalize())
                .map(folder -> new FolderStore(folder, folder.toUri().toString()))
                .orElseGet(() -> new FolderStore(home.archive(), own));
    }
}
