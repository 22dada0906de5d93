package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.process.pgbouncer.PgBouncerConsole;
import dev.mooring.process.pgbouncer.PgBouncerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Makes the clients of a cluster's pools wait, and lets them go on. */
record PoolHold(Pooler pooler, PoolerManifest manifest) {

    private static final Logger LOG = Logger.getLogger(PoolHold.class);
    /** For how long transactions that are open may keep a planned operation waiting. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** Sessions do not end by themselves, so nobody waits for them; who comes meanwhile waits all the same. */
    private static final Duration GLANCE = Duration.ofMillis(50);

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    /** @return the pools of which some transaction, or session, did not end in time */
    List<String> take() throws InterruptedException {
        PgBouncerProcess process = pooler.process(manifest);
        boolean late = await(process, PATIENCE, pools(false));
        // Behind the others: PgBouncer calls a pause complete when all are that it has been asked for.
        late |= await(process, GLANCE, pools(true));
        List<String> notHeld = new ArrayList<>(late ? active(process) : List.of());
        if (pooler.former(manifest).alive()) {
            notHeld.add("clients of the PgBouncer before, which go on until they connect again");
        }
        return notHeld;
    }

    private List<String> pools(boolean sessions) {
        List<String> names = new ArrayList<>(manifest.pools().stream()
                .filter(pool -> sessions == (pool.mode() == ClusterSpec.PoolMode.SESSION))
                .map(ClusterSpec.Pool::name)
                .toList());
        if (!sessions) {
            // Who logs in meanwhile waits too.
            names.add(PoolerSettings.ASKING);
        }
        return names;
    }

    /** @return whether any of them was late */
    private boolean await(PgBouncerProcess process, Duration atMost, List<String> names) throws InterruptedException {
        AtomicBoolean late = new AtomicBoolean();
        List<Thread> asking = names.stream()
                .map(name -> Thread.ofVirtual().name("pool-pause").start(() -> {
                    try (PgBouncerConsole console = process.console(atMost)) {
                        console.ask("PAUSE \"" + name + "\"");
                    } catch (PgBouncerConsole.TookTooLong e) {
                        late.set(true);
                    } catch (IOException e) {
                        LOG.warnf(
                                "cluster %s: the pool %s does not wait: %s",
                                pooler.folder().id(), name, e.getMessage());
                        late.set(true);
                    }
                }))
                .toList();
        for (Thread one : asking) {
            one.join();
        }
        return late.get();
    }

    /** Who is connected, each by an address and a port of its own; empty where that is not known. */
    Optional<Set<String>> clients() {
        try (PgBouncerConsole console = pooler.process(manifest).console(ANSWER_LIMIT)) {
            return Optional.of(console.ask("SHOW CLIENTS").stream()
                    .filter(client -> !PgBouncerConsole.DATABASE.equals(client.get("database")))
                    .map(client -> client.get("addr") + " " + client.get("port"))
                    .collect(Collectors.toSet()));
        } catch (IOException e) {
            LOG.warnf(
                    "cluster %s: the clients of its pools are not counted: %s",
                    pooler.folder().id(), e.getMessage());
            return Optional.empty();
        }
    }

    /** The pools whose clients have server connections now. */
    private List<String> active(PgBouncerProcess process) {
        try (PgBouncerConsole console = process.console(ANSWER_LIMIT)) {
            return console.ask("SHOW POOLS").stream()
                    .filter(pool -> !"0".equals(pool.get("sv_active")))
                    .map(pool -> pool.get("database"))
                    .filter(name -> manifest.pools().stream()
                            .anyMatch(pool -> pool.name().equals(name)))
                    .distinct()
                    .sorted()
                    .toList();
        } catch (IOException e) {
            LOG.warnf(
                    "cluster %s: who of its pools waits is not known: %s",
                    pooler.folder().id(), e.getMessage());
            return manifest.pools().stream().map(ClusterSpec.Pool::name).toList();
        }
    }

    /** Also what an earlier life has left waiting. */
    void release() {
        try (PgBouncerConsole console = pooler.process(manifest).console(ANSWER_LIMIT)) {
            for (String name : Stream.concat(
                            Stream.of(PoolerSettings.ASKING),
                            manifest.pools().stream().map(ClusterSpec.Pool::name))
                    .toList()) {
                try {
                    console.ask("RESUME \"" + name + "\"");
                } catch (PgBouncerConsole.Refused notHeld) {
                    LOG.debugf("cluster %s: %s", pooler.folder().id(), notHeld.getMessage());
                }
            }
        } catch (IOException e) {
            LOG.errorf("cluster %s: its pools do not go on: %s", pooler.folder().id(), e.getMessage());
        }
    }
}
