package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.ClientSessions;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.Handover;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.process.pgbouncer.PgBouncerConsole;
import dev.mooring.process.pgbouncer.PgBouncerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's connection pools: one PgBouncer, which outlives Mooring and is found again by what lies in its folder. When it is replaced by
 * another program the old one goes on beside it until its last client has gone. Nobody can tell that one anything any more, so it is ended
 * where that would matter.
 *
 * @param folder of the cluster
 */
public record Pooler(LocalClusters clusters, ClusterFolder folder) {

    private static final Logger LOG = Logger.getLogger(Pooler.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(5);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    Optional<PoolerManifest> manifest() throws IOException {
        return files().manifest();
    }

    PgBouncerProcess process(PoolerManifest manifest) {
        return files().process(manifest, manifest.side());
    }

    /** The one before, which may have clients still. */
    PgBouncerProcess former(PoolerManifest manifest) {
        return files().process(manifest, manifest.otherSide());
    }

    private PoolerFolder files() {
        return new PoolerFolder(clusters, folder);
    }

    /**
     * Before anything is changed.
     *
     * @throws OperationFailed when the spec's pools cannot be had on this machine
     */
    public void require(ClusterSpec wish) throws IOException {
        if (!wish.pools().isEmpty() && manifest().isEmpty() && PgBouncer.find().isEmpty()) {
            throw new OperationFailed(PgBouncer.missing() + ". Nothing was changed.");
        }
    }

    /**
     * Returns when the pools are as the spec has them, and clients that they would not let in any more are gone. With the cluster's lock held,
     * once its server has the spec's users, databases and rules.
     *
     * @param superuser connected to the database {@code postgres}
     * @throws OperationFailed when they cannot be; then they are as before
     */
    public void settle(ClusterSpec wish, Connection superuser) throws IOException, SQLException, InterruptedException {
        if (wish.pools().isEmpty()) {
            end();
            return;
        }
        Lookup.install(superuser);
        ReentrantLock lock = clusters.supervisor().lock(folder.pooler().key());
        lock.lockInterruptibly();
        try {
            Optional<PoolerManifest> before = manifest();
            PoolerManifest now = wanted(wish, before);
            if (before.isPresent() && process(before.get()).alive()) {
                change(before.get(), now, wish);
                PoolClients.seeOut(process(now), wish, before.get().pools(), superuser);
            } else {
                begin(now, before);
            }
            files().store(now);
            clusters.supervisor().watch(folder.pooler().key(), process(now));
        } finally {
            lock.unlock();
        }
    }

    /** One that runs goes on as the program that it is. */
    private PoolerManifest wanted(ClusterSpec wish, Optional<PoolerManifest> before) {
        PoolerSettings files = new PoolerSettings(clusters, folder, wish);
        Optional<PgBouncer> found = PgBouncer.find();
        if (before.isPresent() && (found.isEmpty() || process(before.get()).alive())) {
            return before.get()
                    .with(now -> now.port(files.port())
                            .pools(wish.pools())
                            .settings(files.settings())
                            .rules(files.rules()));
        }
        PgBouncer program =
                found.orElseThrow(() -> new OperationFailed(PgBouncer.missing() + ". Nothing was changed."));
        return new PoolerManifest(
                PoolerManifest.SIDES.getFirst(),
                program.file().toString(),
                program.version(),
                files.port(),
                wish.pools(),
                files.settings(),
                files.rules());
    }

    /** The first start, or one after a death. Pools that stay as they are keep nobody from changing something else. */
    private void begin(PoolerManifest manifest, Optional<PoolerManifest> before)
            throws IOException, InterruptedException {
        Handover.passage(files().root());
        PgBouncerProcess process = process(manifest);
        files().write(manifest, process);
        process.start();
        if (process.awaitReady(START_LIMIT)) {
            return;
        }
        String reason = process.startFailure();
        process.fence();
        if (before.isEmpty()) {
            files().remove();
        } else if (before.get().pools().equals(manifest.pools())) {
            LOG.errorf("cluster %s: its pools are down, PgBouncer does not start: %s", folder.id(), reason);
            return;
        }
        throw new OperationFailed("PgBouncer does not start: " + reason + ". The pools are as before.");
    }

    private void change(PoolerManifest before, PoolerManifest now, ClusterSpec wish)
            throws IOException, InterruptedException {
        PgBouncerProcess process = process(now);
        files().write(now, process);
        try (PgBouncerConsole console = process.console(ANSWER_LIMIT)) {
            console.ask("RELOAD");
            requireInForce(console, now);
            requireInForce(console, new PoolerSettings(clusters, folder, wish).owners());
        } catch (IOException | OperationFailed e) {
            files().write(before, process);
            process.reload();
            throw new OperationFailed(
                    "PgBouncer does not take the pools: " + e.getMessage() + ". They are as before.", e);
        }
        if (!now.equals(before)) {
            former(now).fence();
        }
    }

    /** It goes on with what it had where it cannot read its files. */
    private static void requireInForce(PgBouncerConsole console, PoolerManifest manifest) throws IOException {
        List<Map<String, String>> known = console.ask("SHOW DATABASES");
        for (ClusterSpec.Pool pool : manifest.pools()) {
            boolean inForce = known.stream()
                    .anyMatch(row -> pool.name().equals(row.get("name"))
                            && pool.database().equals(row.get("database"))
                            && Integer.toString(pool.size()).equals(row.get("pool_size"))
                            && pool.mode().name().toLowerCase(Locale.ROOT).equals(row.get("pool_mode")));
            if (!inForce) {
                throw new OperationFailed("it knows nothing of " + pool.name() + " as it should be");
            }
        }
    }

    private static void requireInForce(PgBouncerConsole console, Map<String, String> settings) throws IOException {
        Map<String, String> known = console.ask("SHOW CONFIG").stream()
                .collect(Collectors.toMap(row -> row.get("key"), row -> String.valueOf(row.get("value"))));
        settings.forEach((name, value) -> {
            if (!value.equals(known.get(name))) {
                throw new OperationFailed("it has " + name + " = " + known.get(name) + ", not " + value);
            }
        });
    }

    /**
     * From now on the pools of an earlier life are looked after. What it had been about to do with them is over: their clients go on.
     *
     * @param renew whether to replace a program that this machine has another version of by now
     */
    public void adopt(boolean renew) throws IOException, InterruptedException {
        Optional<PoolerManifest> known = manifest();
        if (known.isEmpty()) {
            return;
        }
        PoolerManifest manifest = known.get();
        Optional<PgBouncer> found = renew ? PgBouncer.find() : Optional.empty();
        boolean other = found.isPresent() && !found.get().version().equals(manifest.version());
        if (process(manifest).alive()) {
            new PoolHold(this, manifest).release();
            manifest = other ? replace(manifest, found.get()) : manifest;
        } else if (found.isPresent()) {
            manifest = manifest.running(found.get(), manifest.side());
            files().store(manifest);
        }
        clusters.supervisor().watch(folder.pooler().key(), process(manifest));
    }

    /** The new one takes all new clients; the old one goes with the last of its own. */
    private PoolerManifest replace(PoolerManifest old, PgBouncer program) throws IOException, InterruptedException {
        PoolerManifest now = old.running(program, old.otherSide());
        PgBouncerProcess process = process(now);
        // One that is left of a replacement before has had its time.
        process.fence();
        files().write(now, process);
        process.start();
        if (!process.awaitReady(START_LIMIT)) {
            LOG.errorf(
                    "cluster %s: its pools stay with PgBouncer %s, %s does not start: %s",
                    folder.id(), old.version(), program.version(), process.startFailure());
            process.fence();
            return old;
        }
        files().store(now);
        process(old).leave();
        LOG.infof(
                "cluster %s: its pools have gone from PgBouncer %s to %s",
                folder.id(), old.version(), program.version());
        return now;
    }

    /**
     * The clients of the pools, also of a process that is being replaced.
     *
     * @param networks that might connect; null for every network
     * @param superuser connected to any database of the server
     */
    List<ClientSessions> clients(@Nullable List<String> networks, Connection superuser)
            throws IOException, SQLException {
        Optional<PoolerManifest> known = manifest();
        if (known.isEmpty()) {
            return List.of();
        }
        List<ClientSessions> all = new ArrayList<>();
        for (PgBouncerProcess process : List.of(process(known.get()), former(known.get()))) {
            if (process.alive()) {
                all.addAll(PoolClients.of(process, networks, superuser));
            }
        }
        return all;
    }

    /**
     * Lets no transaction of the pools' clients begin, and waits for those that are under way. With the cluster's lock held, before its server
     * is stopped or closed for a while.
     */
    public PoolPause pause() throws IOException, InterruptedException {
        Optional<PoolerManifest> manifest = manifest();
        return manifest.isEmpty() || !process(manifest.get()).alive()
                ? PoolPause.none()
                : PoolPause.begin(this, new PoolHold(this, manifest.get()));
    }

    /** Lets clients go on that wait since {@link #pause()}, where that began in another step; fine when none do. */
    public void resume() throws IOException {
        Optional<PoolerManifest> manifest = manifest();
        if (manifest.isPresent() && process(manifest.get()).alive()) {
            new PoolHold(this, manifest.get()).release();
        }
    }

    /**
     * Makes a server tell pools what passwords have to be: those before it, and before every server that follows it.
     *
     * @param superuser connected to its database {@code postgres}
     */
    public static void install(Connection superuser) throws SQLException {
        Lookup.install(superuser);
    }

    /** Whether the server does, which is told by the WAL where it follows another one. */
    public static boolean installed(Connection superuser) throws SQLException {
        return Lookup.fits(superuser);
    }

    /** What they count; empty for a cluster without pools. */
    public String metrics() throws IOException {
        Optional<PoolerManifest> manifest = manifest();
        return manifest.isEmpty()
                ? ""
                : PoolMetrics.of(process(manifest.get()), manifest.get().pools());
    }

    /** Makes the server that serves now answer the pools. */
    void install() throws IOException, SQLException {
        ClusterFolder.Manifest cluster = folder.manifest().orElseThrow();
        try (Connection superuser = clusters.open(cluster, "postgres")) {
            Lookup.install(superuser);
        }
    }

    /** Nothing is left of them; fine when there are none. */
    public void end() throws IOException, InterruptedException {
        if (!Files.isDirectory(files().root())) {
            return;
        }
        ReentrantLock lock = clusters.supervisor().lock(folder.pooler().key());
        lock.lockInterruptibly();
        try {
            clusters.supervisor().forget(folder.pooler().key());
            files().fence();
            files().remove();
        } finally {
            lock.unlock();
        }
    }
}
