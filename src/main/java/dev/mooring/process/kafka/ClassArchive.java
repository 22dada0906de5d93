package dev.mooring.process.kafka;

import dev.mooring.home.DurableFiles;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The classes of a broker as a Java has read and linked them before, in a file beside the jars: with it a broker starts in half of the
 * time. A Java looks itself whether it has made the file, and of these jars; of another one it makes nothing.
 *
 * @param jars the folder of all that the broker consists of
 */
public record ClassArchive(JavaRuntime java, Path jars) {

    private static final String NAME = "-java-";

    /** From then on one run is enough for an archive that has what is linked too. */
    private static final int AHEAD_OF_TIME = 25;

    /** One broker that serves nobody leaves its classes within this. */
    private static final int SECONDS = 120;

    public boolean present() {
        return Files.isRegularFile(file(), LinkOption.NOFOLLOW_LINKS);
    }

    private Path file() {
        return jars.resolveSibling(jars.getFileName() + NAME + java.build() + ".classes");
    }

    /** Every jar by its name, in the same order each time: an archive is of one order alone. */
    String classPath() throws IOException {
        try (Stream<Path> entries = Files.list(jars)) {
            return entries.map(Path::toString)
                    .filter(name -> name.endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    /** Options of a broker that takes its classes from it, where it is there. */
    List<String> using() {
        if (!present()) {
            return List.of();
        }
        return aheadOfTime()
                ? List.of("-XX:AOTCache=" + file(), "-Xlog:aot*=off", "-Xlog:cds*=off")
                : List.of("-XX:SharedArchiveFile=" + file(), "-Xshare:auto", "-Xlog:cds=off");
    }

    /** Options of one that leaves them there when it ends, which it does by itself after a while. */
    List<String> recording(Path output) {
        return List.of(
                (aheadOfTime() ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + output,
                "-Dmooring.broker.seconds=" + SECONDS);
    }

    private boolean aheadOfTime() {
        return ModuleDescriptor.Version.parse(java.version())
                        .compareTo(ModuleDescriptor.Version.parse(Integer.toString(AHEAD_OF_TIME)))
                >= 0;
    }

    /**
     * Takes one that was recorded. Those of other Javas go: brokers that have them open keep them.
     *
     * @param recorded where nobody but Mooring, and the account that recorded it and has nothing else to do, could write
     */
    public void take(Path recorded) throws IOException {
        Path partial = file().resolveSibling(file().getFileName() + ".partial");
        Files.deleteIfExists(partial);
        Files.copy(recorded, partial, LinkOption.NOFOLLOW_LINKS);
        Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rw-r--r--"));
        DurableFiles.syncTree(partial);
        DurableFiles.move(partial, file());
        try (DirectoryStream<Path> all = Files.newDirectoryStream(jars.getParent(), jars.getFileName() + NAME + "*")) {
            for (Path other : all) {
                if (!other.equals(file())) {
                    Files.delete(other);
                }
            }
        }
    }
}
