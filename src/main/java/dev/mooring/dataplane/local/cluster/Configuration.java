package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.postgres.Engine;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The files that tell a server how to be: settings, who may connect, certificate. While a change is under way the files of
 * before lie beside the data directory, so that every way of ending it knows whether there is something to put back.
 */
public final class Configuration {

    private static final Duration RELOAD_LIMIT = Duration.ofSeconds(10);
    private static final String SETTINGS = "postgresql.conf";
    private static final String RULES = "pg_hba.conf";
    /** What the server's program says about settings, without time, process and the line about the file. */
    private static final Pattern LOGGED = Pattern.compile("(?:LOG|HINT|DETAIL):\\s+(.*)");

    private final LocalClusters clusters;
    private final ClusterFolder folder;
    private final List<Path> files;

    public Configuration(LocalClusters clusters, ClusterFolder folder) {
        this.clusters = clusters;
        this.folder = folder;
        this.files = List.of(
                folder.data().resolve(SETTINGS),
                folder.data().resolve(RULES),
                folder.certificate().file());
    }

    /** For a server that has never run. */
    public void writeFirst(ClusterSpec wish) throws IOException {
        clusters.writeCertificate(folder, wish);
        if (!wish.pools().isEmpty()) {
            clusters.writePoolerCertificate(folder, Instant.now());
        }
        clusters.writeData(folder, SETTINGS, ServerParameters.render(wish, clusters.bind(), folder));
        clusters.writeData(folder, RULES, AccessRules.render(wish));
    }

    /**
     * Lets Mooring's own roles in, with a server that an older Mooring has set up. Before anything else changes its files.
     *
     * @return whether anything differs from what was in force
     */
    public boolean renewRules() throws IOException {
        Path file = folder.data().resolve(RULES);
        String rules = Files.readString(file);
        if (rules.startsWith(AccessRules.superuserOnly())) {
            return false;
        }
        clusters.writeData(folder, RULES, AccessRules.renewed(rules));
        return true;
    }

    /**
     * Writes the wish's files, checked by the server's own program before anything is replaced.
     *
     * @return whether anything differs from what is in force
     * @throws OperationFailed when the server refuses the settings; nothing has been replaced then
     */
    public boolean change(ClusterSpec wish, ClusterFolder.Manifest manifest, Engine engine)
            throws IOException, InterruptedException {
        String settings = ServerParameters.render(wish, clusters.bind(), folder);
        String rules = AccessRules.render(wish);
        boolean names = !wish.hostNames().equals(manifest.hostNames())
                || !folder.certificate().exists()
                || !wish.pools().isEmpty() && !clusters.certifiedAtReach(folder);
        // Files of before are of a try that was cut short: what it wrote may not be in force yet.
        boolean cutShort = Files.exists(before(files.getFirst()));
        if (!names
                && !cutShort
                && rules.equals(clusters.readData(folder, RULES))
                && ServerParameters.sameButRevision(settings, clusters.readData(folder, SETTINGS))) {
            return false;
        }
        check(settings, engine);
        if (!wish.pools().isEmpty()) {
            clusters.writePoolerCertificate(folder, Instant.now());
        }
        for (Path file : files) {
            if (Files.notExists(before(file)) && Files.exists(file)) {
                MooringHome.write(before(file), read(file), "rw-------");
            }
        }
        clusters.writeData(folder, RULES, rules);
        if (names) {
            clusters.writeCertificate(folder, wish);
        }
        clusters.writeData(folder, SETTINGS, settings);
        return true;
    }

    private void check(String settings, Engine engine) throws IOException, InterruptedException {
        String candidate = "postgresql.conf.candidate";
        clusters.writeData(folder, candidate, settings);
        var checked = clusters.account()
                .run(
                        folder.data(),
                        engine.program("postgres"),
                        "-C",
                        "port",
                        "-D",
                        folder.data().toString(),
                        "-c",
                        "config_file=" + folder.data().resolve(candidate));
        Files.delete(folder.data().resolve(candidate));
        if (checked.exit() != 0) {
            String reasons = LOGGED.matcher(checked.output())
                    .results()
                    .map(line -> line.group(1))
                    .collect(Collectors.joining(". "));
            if (checked.crashed() || reasons.isEmpty()) {
                throw new IOException("the settings could not be checked, postgres itself failed, " + checked.how());
            }
            throw new OperationFailed("PostgreSQL refuses the settings: " + reasons);
        }
    }

    /**
     * Puts the files in force as far as that goes without a restart. A reload takes a moment; a new session that knows the
     * new revision was let in by the new rules.
     *
     * @return whether a setting waits for a restart
     */
    public boolean reload(Connection superuser, ClusterFolder.Manifest manifest, long revision)
            throws SQLException, InterruptedException {
        reload(superuser);
        Deadline end = Deadline.in(RELOAD_LIMIT);
        while (!end.passed()) {
            try (Connection connection = clusters.open(manifest, "postgres")) {
                String known = text(connection, "select current_setting('" + ServerParameters.REVISION + "', true)");
                if (Long.toString(revision).equals(known)) {
                    String broken = text(
                            connection,
                            "select string_agg(error, '; ') from pg_hba_file_rules where error is not null");
                    if (broken != null) {
                        throw new OperationFailed("PostgreSQL refuses the trusted sources: " + broken);
                    }
                    return text(connection, "select name from pg_settings where pending_restart limit 1") != null;
                }
            }
            Thread.sleep(3);
        }
        throw new OperationFailed("PostgreSQL did not take the new settings within " + RELOAD_LIMIT.toSeconds() + " s");
    }

    /**
     * The same for the files that are in their place, whoever wrote them.
     *
     * @return whether a setting waits for a restart
     */
    public boolean reload(Connection superuser, ClusterFolder.Manifest manifest)
            throws IOException, InterruptedException, SQLException {
        OptionalLong revision = ServerParameters.revision(clusters.readData(folder, SETTINGS));
        if (revision.isEmpty()) {
            throw new IOException(SETTINGS + " has no " + ServerParameters.REVISION);
        }
        return reload(superuser, manifest, revision.getAsLong());
    }

    private static void reload(Connection superuser) throws SQLException {
        try (Statement statement = superuser.createStatement()) {
            statement.execute("select pg_reload_conf()");
        }
    }

    /** Of the servers that follow. */
    public static List<Integer> followerPorts(ClusterSpec wish) {
        return wish.endpoints().every(Endpoints.Role.STANDBY).stream()
                .limit(wish.nodes() - 1L)
                .map(Endpoints.Endpoint::port)
                .toList();
    }

    /** Ends a change that is in force: from here on there is no way back. */
    public void settle(ClusterFolder.Manifest manifest, ClusterSpec wish) throws IOException {
        folder.write(manifest.with(now -> now.hostNames(wish.hostNames())
                        .applied(wish.revision())
                        .synchronousArchive(wish.archive().synchronous()))
                .withFollowersAt(followerPorts(wish)));
        forgetBefore();
    }

    /**
     * Puts the files of before in their place again.
     *
     * @return whether there were any, and so the server has to be told; {@link #forgetBefore()} when it was
     */
    public boolean restore() throws IOException {
        boolean any = false;
        for (Path file : files) {
            if (Files.exists(before(file))) {
                clusters.writeFile(file, Files.readString(before(file)));
                any = true;
            }
        }
        return any;
    }

    public void forgetBefore() throws IOException {
        for (Path file : files) {
            Files.deleteIfExists(before(file));
        }
    }

    private String read(Path file) throws IOException, InterruptedException {
        return file.startsWith(folder.data())
                ? clusters.readData(folder, file.getFileName().toString())
                : Files.readString(file);
    }

    private Path before(Path file) {
        return folder.root().resolve("before." + file.getFileName());
    }

    private static @Nullable String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }
}
