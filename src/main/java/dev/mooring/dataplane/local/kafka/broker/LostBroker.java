package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.local.kafka.admin.Quorum;
import dev.mooring.dataplane.local.kafka.admin.Redundancy;
import dev.mooring.dataplane.local.kafka.cluster.KafkaFolder;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.process.kafka.BrokerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.ApiException;
import org.jboss.logging.Logger;

/**
 * One of several brokers whose folder is gone. It is made anew as that of a broker that comes to the others, and copies everything from
 * them. It has another id then, by which the controllers know that it forgot what it had voted for: its old voice is taken from it and a
 * new one given.
 */
record LostBroker(Brokers brokers, KafkaManifest manifest, KafkaManifest.Broker broker) {

    private static final Logger LOG = Logger.getLogger(LostBroker.class);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    /** Nothing is made anew unless somebody asks for it: no test has shown yet that the controllers take such a broker back. */
    private static final boolean OFFERED = Boolean.getBoolean("mooring.kafka.rebuild");

    /** Without what says whose it is, and without records that somebody may want back. */
    boolean lost() {
        if (!OFFERED || manifest.brokers().size() == 1) {
            return false;
        }
        Path logs = files().data().resolve("logs");
        if (Files.exists(logs.resolve("meta.properties"), LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (Stream<Path> rest = Files.list(logs)) {
            return rest.noneMatch(file -> Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS));
        } catch (IOException none) {
            return Files.notExists(logs, LinkOption.NOFOLLOW_LINKS);
        }
    }

    private BrokerFiles files() {
        return brokers.folder(manifest.id()).broker(broker.id());
    }

    /** In a folder that is Mooring's: there until the controllers have heard of the new one. */
    private Path mark() {
        return files().root().resolve("rejoins");
    }

    /**
     * Under the broker's lock.
     *
     * @throws IOException while something is left of what it had that nobody else has
     */
    void startAnew() throws IOException, InterruptedException {
        KafkaFolder folder = brokers.folder(manifest.id());
        if (folder.manifest().isEmpty()) {
            throw new IOException("the cluster does not run here any more");
        }
        brokers.process(manifest, broker).endLost();
        Optional<String> obstacle = obstacle();
        if (obstacle.isPresent()) {
            throw new IOException("the folder of broker " + broker.id()
                    + " is lost. It is made anew when the others have everything: this waits for " + obstacle.get());
        }
        LOG.warnf(
                "cluster %s: the folder of broker %d is lost and made anew; it copies everything from the others",
                manifest.id(), broker.id());
        brokers.files().writeAnew(manifest, broker, folder);
        MooringHome.write(mark(), "", "rw-------");
        brokers.joiningProcess(manifest, broker).start();
        rejoin();
    }

    private Optional<String> obstacle() throws IOException, InterruptedException {
        Optional<String> absent = new RollingRestart(brokers).absent(manifest, broker.id());
        if (absent.isPresent()) {
            return absent;
        }
        try {
            return new Redundancy(brokers.admin(manifest)).misses(broker.id());
        } catch (Topics.Unreachable | ApiException e) {
            return Optional.of("the brokers: " + e.getMessage());
        }
    }

    /** In the background, until it is done. */
    void rejoin() {
        if (Files.exists(mark())) {
            Thread.ofVirtual()
                    .name("rejoin-" + manifest.id() + "-" + broker.id())
                    .start(() -> {
                        try {
                            while (!rejoined()) {
                                Thread.sleep(AGAIN);
                            }
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        } catch (IOException | RuntimeException e) {
                            LOG.errorf(
                                    e,
                                    "cluster %s: broker %d has no voice among the controllers until Mooring is started"
                                            + " again",
                                    manifest.id(),
                                    broker.id());
                        }
                    });
        }
    }

    /** Whether there is nothing left to do. */
    private boolean rejoined() throws IOException, InterruptedException {
        Optional<Brokers.Held> held = brokers.hold(manifest.id(), AGAIN);
        if (held.isEmpty()) {
            return false;
        }
        try (Brokers.Held locks = held.get()) {
            if (Files.notExists(mark())
                    || brokers.folder(manifest.id()).manifest().isEmpty()) {
                return true;
            }
            if (!brokers.present(manifest).contains(broker.id())
                    || !new Quorum(brokers.admin(manifest)).rejoin(broker)) {
                return false;
            }
            DurableFiles.delete(mark());
            LOG.infof("cluster %s: broker %d is a controller again", manifest.id(), broker.id());
            brokers.rebuilt(manifest, broker);
            return true;
        } catch (Topics.Unreachable | ApiException e) {
            LOG.debugf("cluster %s: broker %d is no controller yet: %s", manifest.id(), broker.id(), e.getMessage());
            return false;
        }
    }
}
