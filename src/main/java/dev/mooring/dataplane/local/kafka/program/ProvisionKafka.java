package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kafka.Members;
import dev.mooring.dataplane.local.kafka.admin.LiveSettings;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.dataplane.local.kafka.cluster.UserCertificates;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.kafka.BrokerProcess;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.util.Map;

/** A new Kafka cluster: its brokers, started, with their users. */
@Singleton
class ProvisionKafka extends KafkaProgram<ProvisionKafka.Steps, ClusterFacts> {

    /** The first segments and indexes, with room to breathe; of each broker. */
    static final long SMALLEST_DISK = 256L << 20;

    enum Steps implements Step {
        CHECK("Checking version, Java, ports and disk"),
        WRITE("Writing certificates and settings"),
        START("Starting the brokers"),
        SET_UP("Creating users"),
        ROLL_BACK("Removing what was made");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    ProvisionKafka(Brokers brokers) {
        super(Change.PROVISION, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, brokers);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> check(task);
            case WRITE -> {
                brokers.files().write(brokers.wanted(task.wish()));
                yield Next.go(Steps.START);
            }
            case START -> start(task);
            case SET_UP -> setUp(task);
            case ROLL_BACK -> {
                brokers.remove(task.wish().id());
                yield Next.done(null);
            }
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        if (brokers.versions().missing().isPresent()) {
            throw new OperationFailed(brokers.versions().missing().get() + ". Nothing was created.");
        }
        if (!brokers.versions().offered().containsKey(wish.version())) {
            throw new OperationFailed("no Kafka " + wish.version() + " on this machine; it has "
                    + String.join(", ", brokers.versions().offered().keySet()) + ". Nothing was created.");
        }
        KafkaManifest manifest = brokers.wanted(wish);
        for (int port : manifest.allPorts()) {
            if (!brokers.free(port)) {
                throw new OperationFailed("port " + port + " is taken by another program. Nothing was created;"
                        + " delete this cluster and create it again to get another port.");
            }
        }
        long needed = SMALLEST_DISK * manifest.brokers().size();
        long free =
                Files.getFileStore(brokers.folder(wish.id()).root().getParent()).getUsableSpace();
        if (free < needed) {
            throw new OperationFailed("only " + (free >> 20) + " MiB are free for clusters, this one needs "
                    + (needed >> 20) + " MiB. Nothing was created; free some space and create it again.");
        }
        task.keep(task.facts().withSemanticVersion(manifest.version()));
        return Next.go(Steps.WRITE);
    }

    private Next start(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        KafkaManifest manifest = brokers.wanted(task.wish());
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            BrokerProcess process = brokers.firstProcess(manifest, broker);
            process.start();
        }
        return Next.go(Steps.SET_UP);
    }

    private Next setUp(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        KafkaManifest manifest = brokers.wanted(task.wish());
        ClusterFacts facts = brokers.files().userCertificates().made(task.wish(), task.facts());
        task.keep(facts);
        manifest = manifest.withAccess(UserCertificates.users(task.wish(), facts));
        brokers.files().writeAccess(manifest, manifest.access());
        awaitAll(manifest);
        new Members(brokers.admin(manifest), brokers.clusters().vault(), false).settle(task.wish(), 0);
        new LiveSettings(brokers.admin(manifest)).awaitSeen(manifest.applied());
        brokers.folder(manifest.id()).write(manifest);
        brokers.watch(manifest);
        return Next.done(Map.of(
                "version",
                manifest.version(),
                "port",
                task.wish().port(),
                "brokers",
                manifest.brokers().size()));
    }
}
