package dev.mooring.support;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Clusters that an update is there for: they believe to run an earlier minor version, whose files are the newest's. */
public final class EarlierMinor {

    private EarlierMinor() {}

    /** @return the version that the cluster believes to run */
    public static String of(MooringHome home, String cluster) throws IOException {
        ClusterFolder folder = ClusterFolder.of(home, UUID.fromString(cluster));
        ClusterFolder.Manifest manifest = folder.manifest().orElseThrow();
        String before = manifest.major() + ".1";
        Path files = home.engines().resolve(before);
        if (Files.notExists(files)) {
            Files.createSymbolicLink(files, home.engines().resolve(manifest.version()));
        }
        folder.write(manifest.withVersion(before));
        return before;
    }
}
