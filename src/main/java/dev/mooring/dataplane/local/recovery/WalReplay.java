package dev.mooring.dataplane.local.recovery;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.local.archive.Damaged;
import dev.mooring.dataplane.local.archive.Lsn;
import dev.mooring.dataplane.local.archive.WalArchive;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.home.DurableFiles;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets PostgreSQL replay WAL over an unpacked base backup, up to a moment or to the end, and then begin a timeline of its own.
 * Nobody but Mooring can connect meanwhile. The server goes on when Mooring is killed; a server that is killed is started
 * again and goes on where it was.
 */
public final class WalReplay {

    private static final String SIGNAL = "recovery.signal";
    private static final String END = "recovery_target_lsn";
    private static final Pattern WRITTEN_END = Pattern.compile("^" + END + " = '([^']+)'$", Pattern.MULTILINE);
    /** Prepared transactions of any source must find room, else recovery cannot end. */
    private static final int LEAST_PREPARED = 1000;

    private static final int MOST_STARTS = 3;
    private static final Pattern LAST_COMMIT = Pattern.compile("last completed transaction was at log time (.+)");

    private final LocalClusters clusters;
    private final ClusterFolder folder;
    private final ClusterSpec wish;
    private final int port;
    private final RecoveryFacts facts;
    private final Postmaster postmaster;
    private final WalArchive wal;
    private final WalFeed feed;

    /**
     * @param wish for the settings of the server
     * @param port where it listens for Mooring
     */
    public WalReplay(
            LocalClusters clusters,
            ClusterFolder folder,
            ClusterSpec wish,
            int port,
            RecoveryFacts facts,
            WalArchive wal)
            throws IOException {
        this.clusters = clusters;
        this.folder = folder;
        this.wish = wish;
        this.port = port;
        this.facts = facts;
        this.postmaster =
                clusters.postmaster(folder, clusters.engines().engine(wish.version(), facts.requiredSemanticVersion()));
        this.wal = wal;
        this.feed = new WalFeed(folder.root().resolve("wal"), wal, clusters.account(), facts);
    }

    /** Told how far replay has come. */
    @FunctionalInterface
    public interface Watcher {
        /**
         * @param replayed bytes of WAL that the server has fetched
         * @param total bytes that there are
         * @return whether to go on
         */
        boolean at(long replayed, long total);
    }

    public Postmaster postmaster() {
        return postmaster;
    }

    /** Whether the data directory has been prepared for a recovery and not yet for life. */
    public boolean begun() {
        return Files.exists(marker());
    }

    /** Shuts the recovered server down cleanly; it will not be started again until {@link #forget}. */
    public void stop(Duration atMost) throws IOException, InterruptedException {
        if (Files.exists(stopped())) {
            return;
        }
        ensureRunning();
        postmaster.stop(Postmaster.Stop.FAST, atMost);
        postmaster.fence();
        clusters.writeFile(stopped(), "");
    }

    /** From here on the data directory is an ordinary one. */
    public void forget() throws IOException {
        feed.remove();
        // For good, and in this order: whoever found them again would prepare a directory that lives already.
        DurableFiles.delete(marker());
        DurableFiles.delete(stopped());
    }

    /**
     * @param target null for everything there is
     * @return commit time of the last transaction that was replayed
     * @throws OperationFailed when the moment is not reached or the server cannot recover
     * @throws dev.mooring.dataplane.local.archive.Damaged when WAL that is needed is damaged
     */
    public @Nullable String run(@Nullable Instant target, Watcher watcher) throws IOException, InterruptedException {
        if (!begun()) {
            settings(end(target));
            clusters.writeData(folder, SIGNAL, "");
            clusters.writeFile(marker(), "");
        }
        OptionalLong end = writtenEnd();
        end.ifPresent(feed::endsAt);
        try (feed) {
            if (!replay(watcher)) {
                return null;
            }
        }
        if (end.isEmpty()) {
            requireAll();
        }
        return lastCommit();
    }

    private boolean replay(Watcher watcher) throws IOException, InterruptedException {
        for (int starts = 0; !finished(); starts++) {
            if (!postmaster.alive()) {
                if (starts == MOST_STARTS) {
                    throw new OperationFailed("PostgreSQL cannot recover: " + postmaster.startFailure());
                }
                start();
            }
            while (postmaster.alive() && !postmaster.ready()) {
                if (!watcher.at(feed.serve(), facts.through() - facts.from())) {
                    return false;
                }
                Thread.sleep(5);
            }
        }
        return true;
    }

    /** A server that was given no end takes whatever it cannot read for it, and says nothing. */
    private void requireAll() throws IOException, InterruptedException {
        long reached = Promotion.position(clusters, folder, facts.timeline());
        if (new CommitSearch(wal, facts).anyBehind(reached)) {
            throw new Damaged("the archive's WAL cannot be read by PostgreSQL at " + Lsn.text(reached)
                    + ", and something was committed after that: WAL from there to " + Lsn.text(facts.through())
                    + " is lost");
        }
    }

    /** For a server that was killed after its recovery: clients are let in again when this returns. */
    public void ensureRunning() throws IOException, InterruptedException {
        if (!postmaster.alive()) {
            start();
        }
        while (!postmaster.ready()) {
            if (!postmaster.alive()) {
                throw new OperationFailed("PostgreSQL does not start again: " + postmaster.startFailure());
            }
            Thread.sleep(5);
        }
    }

    private boolean finished() {
        return postmaster.ready() && Files.notExists(folder.data().resolve(SIGNAL));
    }

    private void start() throws IOException, InterruptedException {
        postmaster.fence();
        Files.deleteIfExists(folder.startLog());
        // PostgreSQL renames it once it has noted elsewhere where to go on.
        feed.make(Files.exists(folder.data().resolve("backup_label")));
        postmaster.start();
    }

    /** Empty for the end of what there is: also when nothing was committed after the moment, if nothing is missing. */
    private OptionalLong end(@Nullable Instant moment) throws IOException {
        if (moment == null) {
            return OptionalLong.empty();
        }
        OptionalLong end = new CommitSearch(wal, facts).end(moment);
        if (end.isEmpty() && facts.missing() != null) {
            throw new OperationFailed("the archive is not complete: " + facts.missing()
                    + ", and the moment asked for lies after that. What was made is removed.");
        }
        return end;
    }

    /** The end that the server was given, by whichever process. */
    private OptionalLong writtenEnd() throws IOException, InterruptedException {
        Matcher matcher = WRITTEN_END.matcher(clusters.readData(folder, "postgresql.conf"));
        return matcher.find() ? OptionalLong.of(Lsn.parse(matcher.group(1))) : OptionalLong.empty();
    }

    private void settings(OptionalLong end) throws IOException {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("listen_addresses", clusters.reach());
        own.put("port", Integer.toString(port));
        own.put("ssl", "off");
        own.put("logging_collector", "off");
        own.put("hot_standby", "off");
        own.put("autovacuum", "off");
        // Else the original's subscriptions, which are in the data, would take rows out of its slots at once.
        own.put("max_logical_replication_workers", "0");
        own.put(
                "max_prepared_transactions",
                Integer.toString(Math.max(
                        LEAST_PREPARED,
                        Integer.parseInt(wish.parameters().getOrDefault("max_prepared_transactions", "0")))));
        own.put("restore_command", feed.command());
        own.put("recovery_target_action", "promote");
        if (end.isPresent()) {
            own.put(END, Lsn.text(end.getAsLong()));
            own.put("recovery_target_inclusive", "off");
        }
        clusters.writeData(
                folder,
                "postgresql.conf",
                ServerParameters.render(wish, clusters.bind(), folder) + ServerParameters.lines(own));
        clusters.writeData(folder, "pg_hba.conf", AccessRules.superuserOnly());
    }

    private @Nullable String lastCommit() throws IOException {
        String last = null;
        Matcher matcher = LAST_COMMIT.matcher(log());
        while (matcher.find()) {
            last = matcher.group(1).strip();
        }
        return last;
    }

    private String log() throws IOException {
        // In whatever encoding: servers repeat what is in databases of any.
        return Files.exists(folder.startLog())
                ? new String(Files.readAllBytes(folder.startLog()), StandardCharsets.UTF_8)
                : "";
    }

    private Path stopped() {
        return folder.root().resolve("recovered");
    }

    private Path marker() {
        return folder.root().resolve("recovering");
    }
}
