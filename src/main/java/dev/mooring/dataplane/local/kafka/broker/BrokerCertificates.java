package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.CertificateRenewed;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.kafka.admin.LiveSettings;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.home.Authorities;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.home.ServerCertificate;
import dev.mooring.process.kafka.BrokerFiles;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * The certificates of brokers. The one broker of a cluster takes new ones while it runs. Among several the controllers keep what
 * they had for their own connections, so each is restarted, one after the other, while all others are up: clients go on with these.
 */
@ApplicationScoped
class BrokerCertificates implements RenewableCertificates {

    private static final Logger LOG = Logger.getLogger(BrokerCertificates.class);
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration RESTART_LIMIT = Duration.ofSeconds(90);
    private static final Duration RELOAD_LIMIT = Duration.ofSeconds(20);
    private static final Duration GLANCE = Duration.ofMillis(200);

    private final Brokers brokers;
    private final Authorities authorities;
    private final Event<CertificateRenewed> renewed;

    BrokerCertificates(Brokers brokers, Authorities authorities, Event<CertificateRenewed> renewed) {
        this.brokers = brokers;
        this.authorities = authorities;
        this.renewed = renewed;
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
                if (manifest.isPresent()) {
                    renew(manifest.get(), now);
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

    private ServerCertificate certificate(UUID cluster) {
        return new ServerCertificate(brokers.folder(cluster).broker(1).certificate());
    }

    /** What was written and is not in force, because Mooring ended in between, is put in force now. */
    private void renew(KafkaManifest manifest, Instant now)
            throws IOException, GeneralSecurityException, InterruptedException {
        boolean due = authorities.clusters().due(certificate(manifest.id()), now);
        if (due && !write(manifest)) {
            LOG.infof("the certificates of cluster %s are looked at tomorrow", manifest.id());
            return;
        }
        List<KafkaManifest.Broker> behind = behind(manifest);
        if (!behind.isEmpty() && !(manifest.brokers().size() == 1 && reloaded(manifest))) {
            restartEach(manifest, behind);
        }
        if (due || !behind.isEmpty()) {
            LOG.infof("cluster %s has new certificates", manifest.id());
            renewed.fire(new CertificateRenewed(manifest.id()));
        }
    }

    /** Not while the cluster is being changed. */
    private boolean write(KafkaManifest manifest) throws IOException, InterruptedException {
        Optional<Brokers.Held> held = brokers.hold(manifest.id(), Duration.ZERO);
        if (held.isEmpty()) {
            return false;
        }
        try (Brokers.Held locks = held.get()) {
            brokers.files().writeEveryCertificate(manifest);
            return true;
        }
    }

    /** Those that show another certificate than their files have. One that is down will take what is there. */
    private List<KafkaManifest.Broker> behind(KafkaManifest manifest) throws IOException, GeneralSecurityException {
        List<KafkaManifest.Broker> behind = new ArrayList<>();
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            BrokerFiles files = brokers.folder(manifest.id()).broker(broker.id());
            BigInteger peers = serial(files.identity());
            if (new ShownCertificates(files.authorities())
                    .at(LOOPBACK, broker.internal())
                    .filter(serial -> !serial.equals(peers))
                    .isPresent()) {
                behind.add(broker);
            }
        }
        return behind;
    }

    /** Whether the only broker shows the new ones without having been stopped. */
    private boolean reloaded(KafkaManifest manifest)
            throws IOException, GeneralSecurityException, InterruptedException {
        KafkaManifest.Broker broker = manifest.brokers().getFirst();
        BrokerFiles files = brokers.folder(manifest.id()).broker(broker.id());
        try {
            new LiveSettings(brokers.admin(manifest)).reloadFiles(broker.id());
        } catch (Topics.Unreachable e) {
            LOG.infof("the broker of cluster %s is restarted for its certificate: %s", manifest.id(), e.getMessage());
            return false;
        }
        ShownCertificates shown = new ShownCertificates(files.authorities());
        BigInteger clients = serial(files.certificate());
        BigInteger peers = serial(files.identity());
        for (Instant end = Instant.now().plus(RELOAD_LIMIT); Instant.now().isBefore(end); Thread.sleep(GLANCE)) {
            // Clients' listeners hang up on whom the cluster does not trust, and that may be this machine.
            if (shown.at(LOOPBACK, broker.internal()).filter(peers::equals).isPresent()
                    && shown.at(LOOPBACK, broker.controller())
                            .filter(peers::equals)
                            .isPresent()
                    && shown.at(connectTo(manifest), broker.port())
                            .filter(serial -> !serial.equals(clients))
                            .isEmpty()) {
                return true;
            }
        }
        LOG.infof("the broker of cluster %s is restarted for its certificate: it did not take it", manifest.id());
        return false;
    }

    private static String connectTo(KafkaManifest manifest) {
        return manifest.bind().equals("0.0.0.0") ? LOOPBACK : manifest.bind();
    }

    private static BigInteger serial(Path certificate) throws IOException, GeneralSecurityException {
        return new ServerCertificate(certificate).read().getSerialNumber();
    }

    private void restartEach(KafkaManifest manifest, List<KafkaManifest.Broker> behind)
            throws IOException, InterruptedException {
        for (KafkaManifest.Broker broker : behind) {
            Instant end = Instant.now().plus(RESTART_LIMIT);
            for (Optional<String> waits = restarted(manifest, broker);
                    waits.isPresent();
                    waits = restarted(manifest, broker)) {
                if (Instant.now().isAfter(end)) {
                    throw new IOException("broker " + broker.id() + " and those after it keep their certificates until"
                            + " they are started again, tomorrow at the latest: this waited for " + waits.get());
                }
                Thread.sleep(GLANCE);
            }
        }
    }

    /** @return what it waits for; empty when it is done */
    private Optional<String> restarted(KafkaManifest manifest, KafkaManifest.Broker broker)
            throws IOException, InterruptedException {
        Optional<Brokers.Held> held = brokers.hold(manifest.id(), GLANCE);
        if (held.isEmpty()) {
            return Optional.of("an operation on the cluster");
        }
        try (Brokers.Held locks = held.get()) {
            // An operation may have changed it meanwhile, or ended it.
            Optional<KafkaManifest> now = brokers.folder(manifest.id())
                    .manifest()
                    .filter(it -> it.brokers().contains(broker));
            if (now.isEmpty()) {
                return Optional.empty();
            }
            RollingRestart restart = new RollingRestart(brokers);
            Optional<String> obstacle = restart.obstacle(now.get(), broker);
            if (obstacle.isEmpty()) {
                restart.restart(now.get(), broker);
            }
            return obstacle;
        }
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
