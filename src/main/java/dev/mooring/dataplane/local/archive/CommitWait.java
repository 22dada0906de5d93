package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Whether a server answers commits only when its archive has them, or another node: to PostgreSQL the archive is a synchronous standby. That
 * holds only while there is one that takes them, because otherwise nothing could be committed at all. It is kept by
 * {@code ALTER SYSTEM}, so a server that starts before Mooring does waits for it. What nobody has said anything about stays as it is in
 * force: to wait for nobody until that is known would be to wait for less than was asked for.
 */
public final class CommitWait {

    private static final Logger LOG = Logger.getLogger(CommitWait.class);

    private final ClusterFolder folder;
    private final LocalClusters clusters;
    /** Null as long as nobody has said. */
    private @Nullable Boolean wanted;

    private boolean possible;
    /** What follows, and what is expected back; null as long as nobody has said. */
    private @Nullable List<String> following;

    private List<String> expected = List.of();
    /** What the server was told. */
    private @Nullable WaitedFor told;
    /** Which server that was. */
    private OptionalLong server = OptionalLong.empty();

    public CommitWait(ClusterFolder folder, LocalClusters clusters) {
        this.folder = folder;
        this.clusters = clusters;
    }

    /** Whether WAL should be stored as soon as it comes: somebody waits for it. */
    synchronized boolean inForce() {
        return told != null && told.archive();
    }

    synchronized void want(boolean synchronous) {
        wanted = synchronous;
        tell();
    }

    /** What is committed is stored. */
    synchronized void possible() {
        if (!possible || told == null) {
            possible = true;
            tell();
        }
    }

    /** What is committed cannot be stored for now, so nothing may wait for it. */
    synchronized void impossible() {
        possible = false;
        tell();
    }

    /**
     * Commits wait for one of these nodes.
     *
     * @param following nodes that get the WAL, by the names under which they follow
     * @param expected nodes that do not at the moment and will in one: where commits wait for them already they go on to
     */
    public synchronized void nodes(List<String> following, List<String> expected) {
        this.following = List.copyOf(following);
        this.expected = List.copyOf(expected);
        tell();
    }

    /** @param now what is in force */
    private WaitedFor waitFor(WaitedFor now, ClusterFolder.Manifest manifest) {
        boolean archive = wanted == null ? now.archive() : wanted && possible;
        if (following == null) {
            // Nobody would ever say anything about nodes of a cluster that has none.
            return new WaitedFor(archive, manifest.standbys().isEmpty() ? List.of() : now.nodes());
        }
        return new WaitedFor(
                archive, WaitedFor.together(following, now.nodes().stream().filter(expected::contains)));
    }

    private void tell() {
        try {
            Optional<ClusterFolder.Manifest> manifest = folder.manifest();
            if (manifest.isEmpty()) {
                told = null;
                return;
            }
            Postmaster postmaster = clusters.postmaster(folder, manifest.get());
            if (!postmaster.ready()) {
                // Told when it is back: whoever gets its WAL says so after each connection.
                told = null;
                return;
            }
            OptionalLong running = postmaster.pid();
            if (told == null
                    || !running.equals(server)
                    || !waitFor(told, manifest.get()).equals(told)) {
                told = null;
                told = tell(manifest.get());
                server = running;
            }
        } catch (SQLException | IOException e) {
            told = null;
            LOG.warnf("cluster %s: for whom commits wait could not be set: %s", folder.id(), e.getMessage());
        }
    }

    private WaitedFor tell(ClusterFolder.Manifest manifest) throws SQLException {
        WaitedFor wait;
        try (Connection connection = clusters.open(manifest, "postgres");
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("show synchronous_standby_names")) {
                row.next();
                String now = row.getString(1);
                wait = waitFor(WaitedFor.of(now), manifest);
                if (now.equals(wait.names())) {
                    return wait;
                }
            }
            statement.execute(
                    wait.names().isEmpty()
                            ? "alter system reset synchronous_standby_names"
                            : "alter system set synchronous_standby_names = '" + wait.names() + "'");
            statement.execute("select pg_reload_conf()");
        }
        LOG.infof("cluster %s: commits wait for %s", folder.id(), wait.names().isEmpty() ? "nobody" : wait.names());
        return wait;
    }
}
