package dev.mooring.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the operating system knows of its accounts: their numbers, which do not change while Mooring runs, groups and processes. */
public final class SystemAccounts {

    private static final Map<String, Integer> NAMED = new ConcurrentHashMap<>();
    private static final String ITSELF = "";

    private SystemAccounts() {}

    /** That of this process; negative where there is no {@code /proc}. */
    public static int own() {
        return NAMED.computeIfAbsent(ITSELF, nobody -> {
            try {
                return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            } catch (IOException e) {
                return -1;
            }
        });
    }

    public static int ownerOf(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    /** Blocks when it is asked for the first time: only the system's own program knows all its lists of accounts. */
    static int of(String name) throws IOException {
        Integer known = NAMED.get(name);
        if (known == null) {
            Process process = new ProcessBuilder("id", "-u", name)
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            try {
                known = Integer.valueOf(output);
            } catch (NumberFormatException e) {
                throw new IOException("the number of the account " + name + " is not known: " + output, e);
            }
            NAMED.put(name, known);
        }
        return known;
    }

    static String groupOf(String account) {
        try (var lines = Files.lines(Path.of("/etc/passwd"))) {
            return lines.map(line -> line.split(":"))
                    .filter(fields -> fields.length > 3 && fields[0].equals(account))
                    .map(fields -> fields[3])
                    .findFirst()
                    .orElse(account);
        } catch (IOException e) {
            return account;
        }
    }

    static boolean runsAnything(int id) throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
                    // Behind the name, which may hold anything. What nobody has collected yet does nothing any more.
                    boolean dead = stat.startsWith(") Z", stat.lastIndexOf(')'));
                    if (!dead && ownerOf(process) == id) {
                        return true;
                    }
                } catch (IOException ended) {
                    // It has ended meanwhile.
                }
            }
        }
        return false;
    }
}
