package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.home.Authorities;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.home.ServerCertificate;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * The certificates of brokers. They take new ones at a start only, so each is stopped, one after the other, and started again by
 * whoever looks after it.
 */
@ApplicationScoped
class BrokerCertificates implements RenewableCertificates {

    private static final Logger LOG = Logger.getLogger(BrokerCertificates.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final Brokers brokers;
    private final Authorities authorities;

    BrokerCertificates(Brokers brokers, Authorities authorities) {
        this.brokers = brokers;
        this.authorities = authorities;
    }

    @Override
    public String kind() {
        return "brokers";
    }

    @Override
    public void renew(Instant now) throws IOException, InterruptedException {
        List<String> failed = new ArrayList<>();
        for (ClusterFolder folder : brokers.clusters().folders()) {
            try {
                Optional<KafkaManifest> manifest = brokers.folder(folder.id()).manifest();
                if (manifest.isPresent() && due(manifest.get(), now)) {
                    renew(manifest.get());
                }
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                LOG.errorf(e, "the certificates of cluster %s cannot be renewed", folder.id());
                failed.add(folder.id() + ": " + e.getMessage());
            }
        }
        if (!failed.isEmpty()) {
            throw new IOException(String.join("; ", failed));
        }
    }

    private boolean due(KafkaManifest manifest, Instant now) throws IOException, GeneralSecurityException {
        return authorities.clusters().due(certificate(manifest.id()), now);
    }

    private ServerCertificate certificate(UUID cluster) {
        return new ServerCertificate(brokers.folder(cluster).broker(1).certificate());
    }

    /** Tomorrow is another day for a cluster that is being changed. */
    private void renew(KafkaManifest manifest) throws IOException, InterruptedException {
        ReentrantLock lock = brokers.locks(manifest.id()).getFirst();
        if (!lock.tryLock()) {
            LOG.infof("the certificates of cluster %s are looked at tomorrow", manifest.id());
            return;
        }
        try {
            brokers.files().writeEveryCertificate(manifest);
        } finally {
            lock.unlock();
        }
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            brokers.process(manifest, broker).stop(STOP_LIMIT);
            if (!brokers.awaitComplete(manifest) || !brokers.awaitInStep(manifest)) {
                throw new IOException(
                        "broker " + broker.id() + " did not come back with its new certificate; the others"
                                + " keep theirs until they are started again");
            }
        }
        LOG.infof("cluster %s has new certificates", manifest.id());
    }

    @Override
    public Optional<Instant> firstEnd() {
        Instant first = null;
        for (ClusterFolder folder : brokers.clusters().folders()) {
            try {
                if (brokers.folder(folder.id()).manifest().isPresent()) {
                    Instant end = certificate(folder.id()).read().getNotAfter().toInstant();
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
}
