package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterFacts;
import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Inhabitants;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Program;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Makes a running cluster match its wish. Wishes of one cluster may be queued side by side: the one with the higher
 * revision includes the others, so a late one with a lower revision has nothing left to do.
 */
@ApplicationScoped
public class ApplyWish implements Program<ApplyWish.Steps, ClusterWish, ClusterFacts> {

    private static final Duration RELOAD_LIMIT = Duration.ofSeconds(10);
    private static final Duration RESTART_LIMIT = Duration.ofSeconds(60);
    /** What the server's program says about settings, without time, process and the line about the file. */
    private static final Pattern LOGGED = Pattern.compile("(?:LOG|HINT|DETAIL):\\s+(.*)");

    private static final String[] CONFIGURATION = {"postgresql.conf", "pg_hba.conf", "server.crt", "server.key"};

    public enum Steps implements Step {
        APPLY("Applying users, databases, trusted sources and settings"),
        RESTART("Restarting PostgreSQL for settings that need it"),
        PUT_BACK("Putting the previous settings back");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    private final LocalClusters clusters;

    ApplyWish(LocalClusters clusters) {
        this.clusters = clusters;
    }

    @Override
    public String kind() {
        return "apply-settings";
    }

    @Override
    public Class<Steps> steps() {
        return Steps.class;
    }

    @Override
    public Class<ClusterWish> wishType() {
        return ClusterWish.class;
    }

    @Override
    public Class<ClusterFacts> factsType() {
        return ClusterFacts.class;
    }

    @Override
    public ClusterFacts noFacts() {
        return ClusterFacts.NONE;
    }

    @Override
    public Steps rollBack() {
        return Steps.PUT_BACK;
    }

    @Override
    public Next run(Steps step, Task<ClusterWish, ClusterFacts> task) throws Exception {
        ReentrantLock lock = clusters.supervisor().lock(task.wish().id());
        lock.lockInterruptibly();
        try {
            ClusterFolder folder = clusters.folder(task.wish().id());
            ClusterFolder.Manifest manifest = folder.manifest()
                    .orElseThrow(
                            () -> new OperationFailed("the cluster does not run here any more; nothing was changed"));
            return switch (step) {
                case APPLY -> apply(task, folder, manifest);
                case RESTART -> restart(task, folder, manifest);
                case PUT_BACK -> putBack(folder, manifest);
            };
        } finally {
            lock.unlock();
        }
    }

    private Next apply(Task<ClusterWish, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws Exception {
        ClusterWish wish = task.wish();
        if (wish.revision() <= manifest.applied()) {
            return Next.done(Map.of("applied_revision", manifest.applied()));
        }
        Engine engine = clusters.engines().engine(manifest.major(), manifest.version());
        boolean restart;
        try (Connection connection = clusters.open(manifest, "postgres")) {
            Inhabitants inhabitants =
                    new Inhabitants(connection, database -> clusters.open(manifest, database), clusters.vault());
            inhabitants.settle(wish, manifest.applied());
            restart =
                    writeConfiguration(wish, folder, manifest, engine) && reload(connection, manifest, wish.revision());
            inhabitants.endStrangers(wish.sources());
        } catch (SQLException e) {
            throw refusedOrBroken(e);
        }
        if (restart) {
            return Next.go(Steps.RESTART);
        }
        settled(folder, manifest, wish);
        return Next.done(Map.of("applied_revision", wish.revision(), "restarted", false));
    }

    /** What the server refuses it would refuse again; a broken connection is worth another try. */
    private static Exception refusedOrBroken(SQLException e) {
        String state = e.getSQLState() == null ? "08000" : e.getSQLState();
        boolean broken = state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
        return broken ? e : new OperationFailed("PostgreSQL refuses the change: " + e.getMessage(), e);
    }

    /**
     * Checked by the server's own program before anything is put in force; the files in force before are kept.
     *
     * @return whether anything differs from what is in force
     */
    private boolean writeConfiguration(
            ClusterWish wish, ClusterFolder folder, ClusterFolder.Manifest manifest, Engine engine)
            throws IOException, InterruptedException {
        String parameters = ServerParameters.render(wish, clusters.bind(), folder);
        String rules = AccessRules.render(wish.sources());
        boolean names = !wish.hostNames().equals(manifest.hostNames());
        // Files kept from before are of a try that was cut short: what it wrote may not be in force yet.
        boolean cutShort = Files.exists(before(folder, "postgresql.conf"));
        if (!names
                && !cutShort
                && rules.equals(Files.readString(folder.data().resolve("pg_hba.conf")))
                && ServerParameters.sameButRevision(
                        parameters, Files.readString(folder.data().resolve("postgresql.conf")))) {
            return false;
        }
        for (String name : CONFIGURATION) {
            Path before = before(folder, name);
            if (Files.notExists(before)) {
                Files.copy(folder.data().resolve(name), before, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        check(parameters, folder, engine);
        clusters.writeData(folder, "pg_hba.conf", rules);
        if (names) {
            clusters.writeCertificate(folder, wish);
        }
        clusters.writeData(folder, "postgresql.conf", parameters);
        return true;
    }

    private void check(String parameters, ClusterFolder folder, Engine engine)
            throws IOException, InterruptedException {
        String candidate = "postgresql.conf.candidate";
        clusters.writeData(folder, candidate, parameters);
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
            throw new OperationFailed("PostgreSQL refuses the settings: " + reasons);
        }
    }

    /** From here on there is no way back: the wish is what the cluster is. */
    private static void settled(ClusterFolder folder, ClusterFolder.Manifest manifest, ClusterWish wish)
            throws IOException {
        folder.write(manifest.withApplied(wish.hostNames(), wish.revision()));
        for (String name : CONFIGURATION) {
            Files.deleteIfExists(before(folder, name));
        }
    }

    /**
     * A reload takes a moment; a new session that knows the new revision was let in by the new rules.
     *
     * @return whether a setting waits for a restart
     */
    private boolean reload(Connection superuser, ClusterFolder.Manifest manifest, long revision)
            throws SQLException, InterruptedException {
        execute(superuser, "select pg_reload_conf()");
        Instant end = Instant.now().plus(RELOAD_LIMIT);
        while (Instant.now().isBefore(end)) {
            try (Connection connection = clusters.open(manifest, "postgres")) {
                if (Long.toString(revision)
                        .equals(text(
                                connection, "select current_setting('" + ServerParameters.REVISION + "', true)"))) {
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

    private Next restart(Task<ClusterWish, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws Exception {
        restartServer(folder, manifest);
        settled(folder, manifest, task.wish());
        task.keep(task.facts().withRestart());
        return Next.done(Map.of("applied_revision", task.wish().revision(), "restarted", true));
    }

    private void restartServer(ClusterFolder folder, ClusterFolder.Manifest manifest) throws Exception {
        Postmaster postmaster = clusters.postmaster(folder, manifest);
        postmaster.stop(Postmaster.Stop.FAST, RESTART_LIMIT);
        postmaster.fence();
        postmaster.start();
        try (Connection connection = SuperuserConnection.await(
                clusters.reach(),
                manifest.port(),
                "postgres",
                clusters.vault().unseal(manifest.superuserSecret()),
                RESTART_LIMIT,
                postmaster::alive)) {
            if (connection == null) {
                throw new OperationFailed(
                        "PostgreSQL does not start with the new settings: " + postmaster.startLogTail());
            }
        }
    }

    private Next putBack(ClusterFolder folder, ClusterFolder.Manifest manifest) throws Exception {
        boolean changed = false;
        for (String name : CONFIGURATION) {
            Path before = before(folder, name);
            if (Files.exists(before)) {
                clusters.writeData(folder, name, Files.readString(before));
                Files.delete(before);
                changed = true;
            }
        }
        if (changed) {
            Postmaster postmaster = clusters.postmaster(folder, manifest);
            if (postmaster.alive()) {
                try (Connection connection = clusters.open(manifest, "postgres")) {
                    execute(connection, "select pg_reload_conf()");
                }
            } else {
                restartServer(folder, manifest);
            }
        }
        return Next.done(null);
    }

    private static Path before(ClusterFolder folder, String name) {
        return folder.root().resolve("before." + name);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }
}
