package dev.mooring.dataplane.local;

import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.ClusterCertificates;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.LocalSettings;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.watch.WatchProcess;
import dev.mooring.home.SupervisionLock;
import dev.mooring.operation.Node;
import dev.mooring.process.postgres.Postmaster;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The local plane's way up and down: what an earlier Mooring has left is taken up, and handed over at the end. */
@ApplicationScoped
public class LocalStart {

    private static final Logger LOG = Logger.getLogger(LocalStart.class);
    /** Container engines kill after ten seconds, unless told otherwise. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(8);

    private static final Duration TEMPLATE_LIMIT = Duration.ofSeconds(10);

    private final LocalClusters clusters;
    private final LocalSettings settings;
    private final Node node;
    private final Archiver archiver;
    private final ClusterCertificates certificates;
    private final StandbyKeeper standbys;
    private final WatchProcess watch;
    private @Nullable SupervisionLock supervision;
    private volatile @Nullable Thread templates;
    private volatile @Nullable Thread adoptedRoles;

    LocalStart(
            LocalClusters clusters,
            LocalSettings settings,
            Node node,
            Archiver archiver,
            ClusterCertificates certificates,
            StandbyKeeper standbys) {
        this.clusters = clusters;
        this.settings = settings;
        this.node = node;
        this.archiver = archiver;
        this.certificates = certificates;
        this.standbys = standbys;
        this.watch = new WatchProcess(clusters, settings);
    }

    /** Before the engine takes up operations: every cluster that an earlier Mooring left is found again. */
    void start(@Observes @Priority(500) StartupEvent event) {
        if (!node.worker()) {
            return;
        }
        takeOver();
        ReopenedDatabases reopened = new ReopenedDatabases(clusters);
        reopened.watch();
        clusters.folders().forEach(this::adopt);
        clusters.supervisor().start();
        standbys.whileNeeded(watch::ensure);
        standbys.start();
        clusters.folders().forEach(reopened::look);
        adoptedRoles = new AdoptedRoles(clusters).settle(clusters.folders());
        templates = Thread.ofVirtual().name("templates").start(this::makeTemplates);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        if (!node.worker()) {
            return;
        }
        Thread making = templates;
        if (making != null) {
            // Its server must not outlive this process.
            making.interrupt();
            making.join(TEMPLATE_LIMIT);
            clusters.spares().stop(TEMPLATE_LIMIT);
        }
        Thread settling = adoptedRoles;
        if (settling != null) {
            settling.interrupt();
        }
        standbys.stop();
        clusters.supervisor().stop();
        if (settings.stop()) {
            clusters.supervisor().stopServers(STOP_LIMIT);
        }
        // Last: stopping servers hand over what they have written.
        archiver.stop();
        letGo();
    }

    /** To the watch: nothing is started or moved here any more. */
    private void letGo() throws InterruptedException {
        clusters.supervisor().awaitIdle();
        standbys.end();
        try {
            if (supervision != null) {
                supervision.close();
            }
        } catch (IOException e) {
            LOG.warnf("the databases are not handed over yet: %s", e.getMessage());
        }
    }

    /** From the watch that an earlier Mooring has left behind. */
    private void takeOver() {
        try {
            supervision = SupervisionLock.take(clusters.home());
            watch.begin();
            new MovedHome(clusters).settle();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while taking over the databases", e);
        }
    }

    private void adopt(ClusterFolder folder) {
        try {
            clusters.reclaimFolders(folder);
            clusters.endChange(folder);
            finishTakeOver(folder);
            Optional<ClusterFolder.Manifest> manifest = folder.manifest();
            if (manifest.isPresent() && manifest.get().follows() != null) {
                new Pooler(clusters, folder).adopt(true);
                standbys.adopt(folder, manifest.get());
            } else if (manifest.isPresent()) {
                Postmaster postmaster = clusters.postmaster(folder, manifest.get());
                LOG.infof(
                        "cluster %s: PostgreSQL %s on port %d %s",
                        folder.id(),
                        manifest.get().version(),
                        manifest.get().port(),
                        postmaster.alive() ? "is running, adopted" : "is not running and will be started");
                // Of files that are lost nothing can be read; where a node can take over, that mends it.
                if (manifest.get().standbys().isEmpty() || Files.exists(folder.data())) {
                    renewRules(folder, postmaster);
                }
                clusters.supervisor().watch(folder.id(), postmaster);
                new Pooler(clusters, folder).adopt(true);
                archiver.begin(folder);
                standbys.adopt(folder, manifest.get());
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

    private void finishTakeOver(ClusterFolder folder) throws InterruptedException {
        try {
            standbys.finishTakeOver(folder);
        } catch (IOException e) {
            LOG.errorf("cluster %s: %s", folder.id(), e.getMessage());
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
        clusters.spares().start();
        for (String major : clusters.engines().majors().reversed()) {
            try {
                DataTemplate.Ready template =
                        clusters.template().prepare(clusters.engines().engine(major));
                clusters.spares().takeUp(template);
                if (major.equals(clusters.engines().majors().getLast())) {
                    clusters.spares().ask(template);
                }
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
}
