package dev.mooring.dataplane.local;

import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.cluster.ClusterCertificates;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.ClusterMetrics;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.LocalSettings;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.operation.Node;
import dev.mooring.process.postgres.Postmaster;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** PostgreSQL processes on this machine. */
@ApplicationScoped
public class LocalDataPlane implements DataPlane {

    private static final Logger LOG = Logger.getLogger(LocalDataPlane.class);
    /** The server, its pool, its metrics, the other server of an upgrade, and recovery drills. */
    private static final int PORTS_PER_CLUSTER = 5;

    /** Container engines kill after ten seconds, unless told otherwise. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(8);

    private static final Duration TEMPLATE_LIMIT = Duration.ofSeconds(10);

    private final LocalClusters clusters;
    private final LocalSettings settings;
    private final Node node;
    private final Archives archives;
    private final Archiver archiver;
    private final ClusterCertificates certificates;
    private volatile Thread templates;
    private volatile Thread adoptedRoles;

    LocalDataPlane(
            LocalClusters clusters,
            LocalSettings settings,
            Node node,
            Archives archives,
            Archiver archiver,
            ClusterCertificates certificates) {
        this.clusters = clusters;
        this.settings = settings;
        this.node = node;
        this.archives = archives;
        this.archiver = archiver;
        this.certificates = certificates;
    }

    /** Before the engine takes up operations: every cluster that an earlier Mooring left is found again. */
    void start(@Observes @Priority(500) StartupEvent event) {
        if (!node.worker()) {
            return;
        }
        clusters.folders().forEach(this::adopt);
        clusters.supervisor().start();
        adoptedRoles = new AdoptedRoles(clusters).settle(clusters.folders());
        templates = Thread.ofVirtual().name("templates").start(this::makeTemplates);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        if (!node.worker()) {
            return;
        }
        if (templates != null) {
            // Its server must not outlive this process.
            templates.interrupt();
            templates.join(TEMPLATE_LIMIT);
        }
        if (adoptedRoles != null) {
            adoptedRoles.interrupt();
        }
        clusters.supervisor().stop();
        if (settings.stop()) {
            clusters.supervisor().stopServers(STOP_LIMIT);
        }
        // Last: stopping servers hand over what they have written.
        archiver.stop();
    }

    private void adopt(ClusterFolder folder) {
        try {
            clusters.reclaimFolders(folder);
            Optional<ClusterFolder.Manifest> manifest = folder.manifest();
            if (manifest.isPresent()) {
                Postmaster postmaster = clusters.postmaster(folder, manifest.get());
                LOG.infof(
                        "cluster %s: PostgreSQL %s on port %d %s",
                        folder.id(),
                        manifest.get().version(),
                        manifest.get().port(),
                        postmaster.alive() ? "is running, adopted" : "is not running and will be started");
                renewRules(folder, postmaster);
                clusters.supervisor().watch(folder.id(), postmaster);
                archiver.begin(folder);
                adoptPrevious(folder.side(ClusterFolder.PREVIOUS));
                certificates.adopt(folder, postmaster);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.errorf(e, "cluster %s cannot be taken up; its files are left as they are", folder.id());
            clusters.broken().add(folder.root(), e);
        }
    }

    private void renewRules(ClusterFolder folder, Postmaster postmaster) throws IOException, InterruptedException {
        if (new Configuration(clusters, folder).renewRules()) {
            postmaster.reload();
            LOG.infof("cluster %s: its rules for Mooring's own roles are renewed", folder.id());
        }
    }

    /** The version before an upgrade goes on following. */
    private void adoptPrevious(ClusterFolder previous) throws IOException, InterruptedException {
        Optional<ClusterFolder.Manifest> manifest = previous.manifest();
        // Its data directory serves again when the upgrade is undone; it has no certificate of its own.
        ClusterCertificates.forgetFormer(previous.data());
        if (manifest.isPresent()) {
            Postmaster postmaster = clusters.postmaster(previous, manifest.get());
            renewRules(previous, postmaster);
            clusters.supervisor().watch(previous.key(), postmaster);
        }
    }

    /** The newest first: it is what most people ask for. Then what is to be tried once. */
    private void makeTemplates() {
        for (String major : clusters.engines().majors().reversed()) {
            try {
                clusters.template().prepare(clusters.engines().engine(major));
            } catch (InterruptedException e) {
                return;
            } catch (IOException | SQLException | RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    // Mooring stops. A channel that is interrupted says so with an IOException.
                    return;
                }
                LOG.errorf(e, "no template for PostgreSQL %s; clusters of that version cannot be created", major);
            }
        }
        try {
            clusters.backupVerifier();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warnf("pg_verifybackup could not be looked for: %s", e.getMessage());
        }
    }

    @Override
    public String name() {
        return LocalClusters.PLANE;
    }

    @Override
    public Offer offer() {
        String[] range = settings.ports().split("-");
        return new Offer(
                settings.hostname(),
                Integer.parseInt(range[0].strip()),
                Integer.parseInt(range[1].strip()),
                PORTS_PER_CLUSTER,
                archives.location(),
                archives.grace(),
                Map.of(PostgresEngine.ENGINE, clusters.engines().versions()),
                clusters.engines().upgradeTools().targetsSoFar());
    }

    @Override
    public void onOffer(Runnable changed) {
        if (node.worker()) {
            clusters.engines().upgradeTools().onFound(changed);
        }
    }

    @Override
    public Uni<Map<String, ServerParameter>> parameters(UUID cluster) {
        return ask(() -> {
            Map<String, ServerParameter> parameters = new HashMap<>();
            Optional<ClusterFolder.Manifest> manifest = clusters.folder(cluster).manifest();
            if (manifest.isPresent()) {
                try (Connection connection = clusters.open(manifest.get(), "postgres");
                        Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("select name, setting, unit from pg_settings")) {
                    while (rows.next()) {
                        parameters.put(rows.getString(1), new ServerParameter(rows.getString(2), rows.getString(3)));
                    }
                }
            }
            return parameters;
        });
    }

    @Override
    public Uni<String> metrics(UUID cluster) {
        return ask(() -> {
            Optional<ClusterFolder.Manifest> manifest = clusters.folder(cluster).manifest();
            return manifest.isEmpty()
                    ? ClusterMetrics.DOWN
                    : ClusterMetrics.collect(database -> clusters.open(manifest.get(), database));
        });
    }

    @Override
    public boolean portsFree(int firstPort) {
        for (int port = firstPort; port < firstPort + PORTS_PER_CLUSTER; port++) {
            if (!clusters.portFree(port)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void onRestart(RestartListener listener) {
        clusters.supervisor().onRestart(listener);
    }

    @Override
    public void onArchiving(ArchiveListener listener) {
        archiver.onChange(listener);
    }

    @Override
    public void onSweep(Predicate<UUID> promised) {
        archives.awaited(promised);
    }

    @Override
    public void sweepArchives() {
        Thread.ofVirtual().name("archive-sweep").start(() -> {
            try {
                archives.sweep();
            } catch (IOException | RuntimeException e) {
                LOG.warnf("old archives are not removed: %s", e.getMessage());
            }
        });
    }

    /** Blocking work on a virtual thread of its own. */
    private static <T> Uni<T> ask(Callable<T> question) {
        return Uni.createFrom()
                .emitter(emitter -> Thread.ofVirtual().start(() -> {
                    try {
                        emitter.complete(question.call());
                    } catch (Exception e) {
                        emitter.fail(e);
                    }
                }));
    }
}
