package dev.mooring.process.postgres;

import dev.mooring.home.MooringHome;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes a data directory. */
public final class Initdb {

    private static final String WRAPPER = "libnss_wrapper.so";

    private Initdb() {}

    /**
     * @param data where it will be; its parent, Mooring's own, takes helper files while this runs
     * @param password of the superuser {@link SuperuserConnection#USER}
     * @param more options
     */
    public static void run(Engine engine, Path data, String password, ServerAccount account, String... more)
            throws IOException, InterruptedException {
        Path passwordFile = data.resolveSibling("password");
        Path names = data.resolveSibling("passwd");
        List<String> command = new ArrayList<>(List.of(
                engine.program("initdb"),
                "--pgdata=" + data,
                "--username=" + SuperuserConnection.USER,
                "--pwfile=" + passwordFile,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--data-checksums"));
        command.addAll(List.of(more));
        Handover.folder(data, account);
        Handover.file(passwordFile, password, account);
        try {
            account.run(data.getParent(), account.nameless() ? name(names) : Map.of(), command.toArray(String[]::new))
                    .orFail("initdb");
        } finally {
            Files.deleteIfExists(passwordFile);
            Files.deleteIfExists(names);
        }
    }

    /** initdb wants its user to have a name, which the arbitrary ones that container platforms choose have not. */
    private static Map<String, String> name(Path file) throws IOException {
        Path wrapper = wrapper();
        int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        int gid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:gid");
        MooringHome.write(
                file, "mooring:x:" + uid + ":" + gid + "::" + file.getParent() + ":/bin/false\n", "rw-r--r--");
        return Map.of(
                "LD_PRELOAD",
                wrapper.toString(),
                "NSS_WRAPPER_PASSWD",
                file.toString(),
                "NSS_WRAPPER_GROUP",
                "/etc/group");
    }

    private static Path wrapper() throws IOException {
        List<Path> folders = new ArrayList<>(List.of(Path.of("/usr/lib64"), Path.of("/usr/lib")));
        try (var children = Files.list(Path.of("/usr/lib"))) {
            children.filter(Files::isDirectory).forEach(folders::add);
        }
        return folders.stream()
                .map(folder -> folder.resolve(WRAPPER))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new IOException("initdb cannot run under a user that has no name: give it a line in"
                        + " /etc/passwd, or install " + WRAPPER + " (Debian: libnss-wrapper)"));
    }
}
