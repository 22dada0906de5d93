package dev.mooring.dataplane.local.kafka;

import dev.mooring.dataplane.ClusterNode;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.InForce;
import dev.mooring.dataplane.local.cluster.NodeDisk;
import dev.mooring.dataplane.local.kafka.broker.BrokerMeasurements;
import dev.mooring.dataplane.local.kafka.broker.BrokerTopics;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.broker.KafkaMetrics;
import dev.mooring.dataplane.local.kafka.cluster.KafkaFolder;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.process.kafka.BrokerProcess;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** What the plane of this machine says of its Kafka clusters. */
@ApplicationScoped
public class KafkaPlane {

    private static final List<Endpoints.Role> ROLES = List.of(
            Endpoints.Role.PRIMARY,
            Endpoints.Role.MEMBER,
            Endpoints.Role.MEMBER,
            Endpoints.Role.CERTIFICATE,
            Endpoints.Role.CERTIFICATE,
            Endpoints.Role.CERTIFICATE,
            Endpoints.Role.METRICS,
            Endpoints.Role.INTERNAL,
            Endpoints.Role.INTERNAL,
            Endpoints.Role.INTERNAL,
            Endpoints.Role.INTERNAL,
            Endpoints.Role.INTERNAL,
            Endpoints.Role.INTERNAL);

    /** Of a segment by offset and by time, in bytes; without them a broker ends, and does not start again. */
    private static final long LEAST = 20L << 20;

    private final Brokers brokers;
    private final BrokerTopics topics;

    KafkaPlane(Brokers brokers, BrokerTopics topics) {
        this.brokers = brokers;
        this.topics = topics;
    }

    public Topics topics() {
        return topics;
    }

    /** Exact version by the one that is ordered; empty when there is nothing to run it with. */
    public Map<String, String> versions() {
        return brokers.versions().offered();
    }

    /** Why there is no version; empty when there is one. */
    public Optional<String> missing() {
        return brokers.versions().missing();
    }

    /** Those of three brokers, whatever the size: it may grow. */
    public List<Endpoints.Role> roles() {
        return ROLES;
    }

    /** Empty for a cluster that is no Kafka, or does not run here. Blocks. */
    public Optional<Map<String, ServerParameter>> parameters(UUID cluster) throws IOException, InterruptedException {
        Optional<KafkaManifest> manifest = brokers.folder(cluster).manifest();
        if (manifest.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(InForce.parameters(brokers.admin(manifest.get())));
    }

    /** The same for measurements. Blocks. */
    public Optional<String> metrics(UUID cluster) throws IOException, InterruptedException {
        Optional<KafkaManifest> manifest = brokers.folder(cluster).manifest();
        if (manifest.isEmpty()) {
            return Optional.empty();
        }
        BrokerMeasurements measurements =
                new BrokerMeasurements(brokers.clusters().account());
        Map<Integer, Map<String, String>> measured = new TreeMap<>();
        for (KafkaManifest.Broker broker : manifest.get().brokers()) {
            BrokerProcess process = brokers.process(manifest.get(), broker);
            if (process.alive()) {
                measured.put(broker.id(), measurements.of(process));
            }
        }
        return Optional.of(KafkaMetrics.collect(manifest.get(), brokers.admin(manifest.get()), measured));
    }

    /** Its brokers as they are; empty for a cluster that is no Kafka, or does not run here. Blocks. */
    public Optional<List<ClusterNode>> nodes(UUID cluster) throws IOException {
        Optional<KafkaManifest> manifest = brokers.folder(cluster).manifest();
        if (manifest.isEmpty()) {
            return Optional.empty();
        }
        List<ClusterNode> nodes = new ArrayList<>();
        for (KafkaManifest.Broker broker : manifest.get().brokers()) {
            BrokerProcess process = brokers.process(manifest.get(), broker);
            nodes.add(new ClusterNode(
                    KafkaFolder.node(broker.id()),
                    ClusterNode.Role.BROKER,
                    manifest.get().host(),
                    broker.port(),
                    state(process, broker),
                    disk(process).orElse(null),
                    null,
                    null));
        }
        return Optional.of(nodes);
    }

    private String state(BrokerProcess process, KafkaManifest.Broker broker) {
        if (!process.alive()) {
            return "down";
        }
        return process.halted() ? "halted" : brokers.open(broker.internal()) ? "running" : "starting";
    }

    /** Why a broker has no room, by its number. Blocks. */
    public Map<Integer, String> full(UUID cluster) throws IOException {
        Optional<KafkaManifest> manifest = brokers.folder(cluster).manifest();
        Map<Integer, String> full = new TreeMap<>();
        for (KafkaManifest.Broker broker : manifest.map(KafkaManifest::brokers).orElse(List.of())) {
            disk(brokers.process(manifest.get(), broker)).ifPresent(words -> full.put(broker.id(), words));
        }
        return full;
    }

    private static Optional<String> disk(BrokerProcess process) {
        return NodeDisk.full(process.files().data(), "its disk", LEAST, "the indexes of a new segment take");
    }

    /** Where each broker writes its log, by its name. Blocks. */
    public Optional<Map<String, Path>> logs(UUID cluster) throws IOException {
        KafkaFolder folder = brokers.folder(cluster);
        return folder.manifest().map(manifest -> {
            Map<String, Path> logs = new LinkedHashMap<>();
            manifest.brokerIds()
                    .forEach(id ->
                            logs.put(KafkaFolder.node(id), folder.broker(id).logs()));
            return logs;
        });
    }
}
