package dev.mooring.dataplane.local;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/** Servers' files name the folders they lie in: whoever moves a home moves those too. */
final class MovedHome {

    private static final Logger LOG = Logger.getLogger(MovedHome.class);
    private static final String SETTINGS = "postgresql.conf";
    private static final String OTHERS = "*.{ini,properties,json}";
    private static final String MOORINGS = ".json";
    private static final String DATA = "data";

    private final LocalClusters clusters;

    MovedHome(LocalClusters clusters) {
        this.clusters = clusters;
    }

    /** Before any server is started; can be done again. */
    void settle() throws IOException, InterruptedException {
        Path note = clusters.home().root().resolve("root");
        String now = clusters.home().root().toString();
        String before = Files.exists(note) ? Files.readString(note) : now;
        if (!before.equals(now)) {
            LOG.infof("the home was moved from %s; the files of its servers follow", before);
            for (ClusterFolder folder : clusters.folders()) {
                follow(folder, before + "/clusters/", now + "/clusters/");
            }
        }
        if (!before.equals(now) || Files.notExists(note)) {
            MooringHome.write(note, now, "rw-------");
        }
    }

    private void follow(ClusterFolder folder, String before, String now) throws IOException, InterruptedException {
        followFiles(folder.root(), before, now);
        followSettings(folder, before, now);
        for (Path child : folders(folder.root())) {
            String name = child.getFileName().toString();
            if (name.equals(DATA)) {
                continue;
            }
            followSettings(folder.side(name), before, now);
            followFiles(child, before, now);
            // Of connection pools there is a folder in the folder.
            for (Path inner : folders(child)) {
                if (!inner.endsWith(DATA)) {
                    followFiles(inner, before, now);
                }
            }
        }
    }

    private static List<Path> folders(Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> children =
                Files.newDirectoryStream(folder, child -> Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS))) {
            children.forEach(found::add);
        }
        return found;
    }

    private void followSettings(ClusterFolder side, String before, String now)
            throws IOException, InterruptedException {
        if (Files.isRegularFile(side.data().resolve(SETTINGS), LinkOption.NOFOLLOW_LINKS)) {
            String settings = clusters.readData(side, SETTINGS);
            if (settings.contains(before)) {
                clusters.writeData(side, SETTINGS, settings.replace(before, now));
            }
        }
    }

    private void followFiles(Path folder, String before, String now) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, OTHERS)) {
            for (Path file : files) {
                String text = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.readString(file) : "";
                if (!text.contains(before)) {
                    continue;
                }
                if (file.toString().endsWith(MOORINGS)) {
                    MooringHome.write(file, text.replace(before, now), "rw-------");
                } else {
                    clusters.writeFile(file, text.replace(before, now));
                }
            }
        }
    }
}
