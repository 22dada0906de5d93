package dev.mooring.dataplane.local.archive;

import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** What a cluster's archive is told when another server than the one before writes it from now on. */
public final class Timelines {

    private Timelines() {}

    /**
     * From here on only what is backed up anew can be recovered; every moment before can be, as it was.
     *
     * @param now timeline of the server that writes from now on
     */
    public static void begin(ClusterArchive archive, Archiver archiver, java.util.UUID cluster, Instant since, int now)
            throws IOException {
        List<ClusterArchive.Service> services = archive.services();
        if (services.isEmpty()) {
            List<Backup> backups = archive.backups();
            archive.write(new ClusterArchive.Service(
                    Instant.EPOCH,
                    backups.isEmpty() ? now - 1 : backups.getLast().timeline()));
        }
        if (services.isEmpty() || services.getLast().timeline() != now) {
            archive.write(new ClusterArchive.Service(since, now));
        }
        archiver.beganAnew(cluster);
    }
}
