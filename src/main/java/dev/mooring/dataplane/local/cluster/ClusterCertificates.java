package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.CertificateRenewed;
import dev.mooring.dataplane.local.postgres.ConfigFile;
import dev.mooring.home.Authorities;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.home.ServerCertificate;
import dev.mooring.process.postgres.Postmaster;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/** The certificates of the clusters of this machine. */
@ApplicationScoped
public class ClusterCertificates implements RenewableCertificates {

    private static final Logger LOG = Logger.getLogger(ClusterCertificates.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** What earlier versions of Mooring have put into the data directory. */
    private static final String FORMER_CERTIFICATE = "server.crt";

    private static final String FORMER_KEY = "server.key";
    private static final String SETTINGS = "postgresql.conf";

    private final LocalClusters clusters;
    private final Authorities authorities;
    private final Event<CertificateRenewed> renewed;

    ClusterCertificates(LocalClusters clusters, Authorities authorities, Event<CertificateRenewed> renewed) {
        this.clusters = clusters;
        this.authorities = authorities;
        this.renewed = renewed;
    }

    @Override
    public String kind() {
        return "clusters";
    }

    @Override
    public void renew(Instant now) throws IOException, InterruptedException {
        List<String> failed = new ArrayList<>();
        for (ClusterFolder folder : clusters.folders()) {
            try {
                renew(folder, now);
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                LOG.errorf(e, "the certificate of cluster %s cannot be renewed", folder.id());
                failed.add(folder.id() + ": " + e.getMessage());
            }
        }
        if (!failed.isEmpty()) {
            throw new IOException(String.join("; ", failed));
        }
    }

    /** Under the cluster's lock: a change of its names writes the same file. Tomorrow is another day for one that is held. */
    private void renew(ClusterFolder folder, Instant now)
            throws IOException, GeneralSecurityException, InterruptedException {
        ReentrantLock lock = clusters.supervisor().lock(folder.id());
        if (!lock.tryLock(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            LOG.infof("the certificate of cluster %s is looked at tomorrow: the cluster is being changed", folder.id());
            return;
        }
        try {
            Optional<ClusterFolder.Manifest> manifest = folder.manifest();
            ServerCertificate certificate = folder.certificate();
            if (manifest.isPresent()
                    && folder.poolerCertificate().exists()
                    && clusters.writePoolerCertificate(folder, now)) {
                clusters.postmaster(folder, manifest.get()).reload();
                clusters.supervisor().reload(folder.pooler().key());
            }
            if (manifest.isPresent()
                    && certificate.exists()
                    && authorities.clusters().due(certificate, now)) {
                clusters.writeCertificate(folder, certificate.names());
                clusters.postmaster(folder, manifest.get()).reload();
                clusters.supervisor().reload(folder.pooler().key());
                LOG.infof("cluster %s has a new certificate", folder.id());
                renewed.fire(new CertificateRenewed(folder.id()));
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<Instant> firstEnd() {
        Instant first = null;
        for (ClusterFolder folder : clusters.folders()) {
            try {
                if (folder.manifest().isPresent() && folder.certificate().exists()) {
                    Instant end = folder.certificate().read().getNotAfter().toInstant();
                    first = first == null || end.isBefore(first) ? end : first;
                }
            } catch (NoSuchFileException e) {
                // Deleted meanwhile.
            } catch (IOException | GeneralSecurityException e) {
                // The renewal has named it; the others' ends are told all the same.
                LOG.debugf("the certificate of cluster %s is not told: %s", folder.id(), e.getMessage());
            }
        }
        return Optional.ofNullable(first);
    }

    /**
     * Earlier versions kept the key in the data directory, where whoever may make a base backup could fetch it: it is not
     * moved but replaced. A server that runs takes the new one without a restart.
     */
    public void adopt(ClusterFolder folder, Postmaster postmaster)
            throws IOException, GeneralSecurityException, InterruptedException {
        Path formerKey = folder.data().resolve(FORMER_KEY);
        if (Files.notExists(formerKey)) {
            return;
        }
        if (!folder.certificate().exists()) {
            clusters.writeCertificate(folder, ServerCertificate.names(clusters.readData(folder, FORMER_CERTIFICATE)));
        }
        clusters.writeData(folder, SETTINGS, moved(clusters.readData(folder, SETTINGS), folder));
        Path before = folder.root().resolve("before." + SETTINGS);
        if (Files.exists(before)) {
            clusters.writeFile(before, moved(Files.readString(before), folder));
        }
        postmaster.reload();
        for (String name : List.of("before." + FORMER_CERTIFICATE, "before." + FORMER_KEY)) {
            Files.deleteIfExists(folder.root().resolve(name));
        }
        forgetFormer(folder.data());
        LOG.infof("cluster %s has a new key, outside of its data directory", folder.id());
    }

    /** Takes the key of before out of a data directory. */
    public static void forgetFormer(Path data) throws IOException {
        for (String name : List.of(FORMER_CERTIFICATE, FORMER_KEY)) {
            Files.deleteIfExists(data.resolve(name));
            Files.deleteIfExists(data.resolve(name + ".new"));
            Files.deleteIfExists(data.resolve(name + ".new.partial"));
        }
    }

    private static String moved(String settings, ClusterFolder folder) {
        Map<String, String> now = ServerParameters.certificate(folder);
        return settings.replace(
                        ConfigFile.lines(Map.of("ssl_cert_file", FORMER_CERTIFICATE)),
                        ConfigFile.lines(Map.of("ssl_cert_file", now.get("ssl_cert_file"))))
                .replace(
                        ConfigFile.lines(Map.of("ssl_key_file", FORMER_KEY)),
                        ConfigFile.lines(Map.of("ssl_key_file", now.get("ssl_key_file"))));
    }
}
