package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.client.Quantities;
import dev.mooring.dataplane.kubernetes.kafka.KafkaObjects.Kept;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.SpecMemory;
import dev.mooring.dataplane.kubernetes.server.OperatorWord;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.home.Vault;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Specs of Kafka clusters as objects: made what they should be, and looked at until they are. Everything here may be done again. */
@Singleton
public class StrimziProjection {

    private final KubeObjects objects;
    private final KubernetesSettings settings;
    private final StrimziVersions versions;
    private final SpecMemory memory;
    private final Vault vault;

    StrimziProjection(
            KubeObjects objects,
            KubernetesSettings settings,
            StrimziVersions versions,
            SpecMemory memory,
            Vault vault) {
        this.objects = objects;
        this.settings = settings;
        this.versions = versions;
        this.memory = memory;
        this.vault = vault;
    }

    public StrimziVersions versions() {
        return versions;
    }

    /** @throws OperationFailed when its Kafka object is gone: another one of the name would be empty */
    public void apply(ClusterSpec spec) {
        Optional<Live> live = Optional.of(present(spec.id()));
        apply(spec, kept(spec, live), live);
    }

    /** The same for one that may not be there yet. */
    public void create(ClusterSpec spec) {
        Optional<Live> live = live(spec.id());
        apply(spec, kept(spec, live), live);
    }

    /**
     * Lets the brokers run another version.
     *
     * @param metadata the form of their metadata that they keep; null for that of the version, from which there is no way back
     */
    public void run(ClusterSpec spec, String version, @Nullable String metadata) {
        Optional<Live> live = Optional.of(present(spec.id()));
        Kept kept = kept(spec, live);
        apply(spec, new Kept(version, metadata, kept.storageClass(), kept.storageMib()), live);
    }

    /** Lets them run the version before again, as long as their metadata have its form. */
    public void runBefore(ClusterSpec spec, String version) {
        run(spec, version, kept(spec, live(spec.id())).metadata());
    }

    private void apply(ClusterSpec spec, Kept kept, Optional<Live> live) {
        UUID id = spec.id();
        objects.apply(KafkaObjects.login(id, vault.unseal(spec.superuserSecret())));
        objects.apply(KafkaObjects.pool(spec, kept));
        objects.apply(KafkaObjects.kafka(spec, kept, settings.controlNamespace(), settings.placeOfApps()), live);
        objects.apply(KafkaObjects.control(id));
    }

    private Kept kept(ClusterSpec spec, Optional<Live> live) {
        Optional<Live> present = pool(spec.id());
        String storageClass = present.map(pool -> volume(pool).get("class"))
                .map(String::valueOf)
                .orElseGet(
                        () -> live.isPresent() ? null : settings.storageClass().orElse(null));
        return new Kept(
                live.flatMap(kafka -> kafka.text("spec", "kafka", "version"))
                        .orElseGet(() -> versions.exact(spec.version())),
                live.flatMap(kafka -> kafka.text("spec", "kafka", "metadataVersion"))
                        .orElse(null),
                storageClass,
                present.map(StrimziProjection::storageMib).orElse(0));
    }

    /** MiB that each volume has, or is to have. */
    private static int storageMib(Live pool) {
        return (int) (Quantities.bytes(String.valueOf(volume(pool).getOrDefault("size", "0"))) >> 20);
    }

    /** The same of a cluster that is there. */
    public int storageMib(UUID cluster) {
        return pool(cluster).map(StrimziProjection::storageMib).orElse(0);
    }

    private Live present(UUID cluster) {
        return live(cluster)
                .orElseThrow(
                        () -> new OperationFailed("the Kafka object " + KafkaNames.cluster(cluster) + " is gone."));
    }

    Optional<Live> live(UUID cluster) {
        return objects.find(Kind.KAFKA, KafkaNames.cluster(cluster));
    }

    private Optional<Live> pool(UUID cluster) {
        return objects.find(Kind.KAFKA_POOL, KafkaNames.pool(cluster));
    }

    /** Exact, as Strimzi says that the brokers run it. */
    public String version(UUID cluster) {
        Live kafka = present(cluster);
        return kafka.text("status", "kafkaVersion")
                .or(() -> kafka.text("spec", "kafka", "version"))
                .orElseThrow(() -> new OperationFailed(
                        "the Kafka object " + KafkaNames.cluster(cluster) + " says nothing of its version."));
    }

    /** The form of the brokers' metadata, as Strimzi says it that they have it. */
    public String metadata(UUID cluster) {
        return live(cluster)
                .flatMap(kafka -> kafka.text("status", "kafkaMetadataVersion"))
                .orElseThrow(() -> new OperationFailed(
                        "Strimzi does not say which version the metadata of the brokers have. Nothing was changed."));
    }

    private static Map<String, Object> volume(Live pool) {
        List<Map<String, Object>> volumes = pool.each("spec", "storage", "volumes");
        return volumes.isEmpty() ? Map.of() : volumes.getFirst();
    }

    /** Whether Strimzi has made the brokers what the spec says, as far as it can be seen without asking them. */
    public Optional<Waiting> servers(ClusterSpec spec) {
        UUID id = spec.id();
        Optional<Live> kafka = live(id);
        Optional<Live> pool = pool(id);
        if (kafka.isEmpty() || pool.isEmpty()) {
            return Optional.of(Waiting.on("the Kafka object or its node pool is not there"));
        }
        Optional<Waiting> waiting = StrimziWord.ready(kafka.get()).or(() -> StrimziWord.seen(pool.get()));
        if (waiting.isPresent()) {
            return waiting.get().refused() ? waiting : trouble(id).or(() -> waiting);
        }
        return size(spec)
                .or(() -> objects.find(Kind.KAFKA_USER, KafkaNames.control(id))
                        .map(StrimziWord::ready)
                        .orElseGet(() -> Optional.of(Waiting.on("Mooring's own KafkaUser is not there"))));
    }

    private Optional<Waiting> trouble(UUID id) {
        return objects.list(Kind.POD, KafkaNames.ofBrokers(id)).stream()
                .flatMap(pod -> OperatorWord.trouble(pod).stream())
                .findFirst();
    }

    private Optional<Waiting> size(ClusterSpec spec) {
        int brokers = KafkaEngine.brokers(spec.size());
        List<Live> pods = objects.list(Kind.POD, KafkaNames.ofBrokers(spec.id())).stream()
                .filter(pod -> !pod.going())
                .toList();
        if (pods.size() != brokers || !pods.stream().allMatch(pod -> pod.condition("Ready"))) {
            return Optional.of(Waiting.on(
                    pods.stream().filter(pod -> pod.condition("Ready")).count() + " of " + brokers
                            + " brokers are ready"));
        }
        for (Live pod : pods) {
            if (!Quantities.fit(resources(pod), spec.size())) {
                return Optional.of(Waiting.on("the broker " + pod.name() + " is to get its new size"));
            }
        }
        for (Live claim : objects.list(Kind.CLAIM, KafkaNames.ofBrokers(spec.id()))) {
            String capacity = claim.text("status", "capacity", "storage").orElse("0");
            if (Quantities.bytes(capacity) < (long) spec.size().storageMib() << 20) {
                return Optional.of(Waiting.on("the volume " + claim.name() + " has " + capacity + " and is to have "
                        + spec.size().storageMib() + "Mi"));
            }
        }
        return Optional.empty();
    }

    private static Map<?, ?> resources(Live pod) {
        return pod.each("spec", "containers").stream()
                .filter(container -> "kafka".equals(container.get("name")))
                .findFirst()
                .map(container -> container.get("resources"))
                .filter(Map.class::isInstance)
                .map(given -> (Map<?, ?>) given)
                .orElse(new HashMap<>());
    }

    /**
     * Refuses what could not be undone or would never come, before anything is changed.
     *
     * @throws OperationFailed says why
     */
    public void requireRoom(ClusterSpec spec) {
        Live pool = pool(spec.id())
                .orElseThrow(() -> new OperationFailed("the KafkaNodePool " + KafkaNames.pool(spec.id())
                        + " of the namespace " + objects.namespace() + " is gone. Nothing was changed."));
        int present = pool.number("spec", "replicas");
        int wanted = KafkaEngine.brokers(spec.size());
        if (wanted != present) {
            throw new OperationFailed("size: a cluster of " + present + " brokers does not become one of " + wanted
                    + " on the data plane kubernetes: its brokers are its controllers too, and Strimzi does not change how"
                    + " many there are. Nothing was changed; create another one and move its topics.");
        }
        long now = Quantities.bytes(String.valueOf(volume(pool).getOrDefault("size", "0")));
        long more = (long) spec.size().storageMib() << 20;
        if (more < now) {
            throw new OperationFailed("volumes on Kubernetes do not shrink: the cluster has " + (now >> 20)
                    + " MiB of storage. Ask for as much with storage_size_mib; nothing was changed.");
        }
        if (more > now) {
            for (Live claim : objects.list(Kind.CLAIM, KafkaNames.ofBrokers(spec.id()))) {
                Quantities.requireExpansion(objects, claim);
            }
        }
    }

    /** Whether the brokers run that version, as far as it can be seen without asking them. */
    public Optional<Waiting> runs(ClusterSpec spec, String version) {
        return servers(spec)
                .or(() -> version(spec.id()).equals(version)
                        ? Optional.empty()
                        : Optional.of(Waiting.on("the brokers do not run Kafka " + version + " yet")));
    }

    /** How Mooring asks the brokers, told to those who may not read the secrets that it is in; empty before Strimzi says it. */
    Optional<BrokerAccess> publish(ClusterSpec spec) {
        UUID id = spec.id();
        Optional<Live> kafka = live(id);
        Optional<BrokerAccess> access = kafka.flatMap(StrimziProjection::bootstrap)
                .flatMap(bootstrap -> objects.find(Kind.SECRET, KafkaNames.authority(id))
                        .flatMap(secret -> secret.text("data", "ca.crt"))
                        .map(pem -> new BrokerAccess(
                                bootstrap,
                                new String(Base64.getDecoder().decode(pem), StandardCharsets.UTF_8),
                                spec.superuserSecret(),
                                KafkaEngine.brokers(spec.size()))));
        access.ifPresent(found -> objects.apply(found.object(id, renewal(kafka.orElseThrow()))));
        return access;
    }

    /** Another one when Strimzi has renewed the CA, which it shows with each listener. */
    private static String renewal(Live kafka) {
        return Names.hash(kafka.generation() + " " + kafka.each("status", "listeners"));
    }

    private static Optional<String> bootstrap(Live kafka) {
        return kafka.each("status", "listeners").stream()
                .filter(listener -> KafkaObjects.CONTROL.equals(listener.get("name")))
                .map(listener -> listener.get("bootstrapServers"))
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .findFirst();
    }

    /** Every cluster that there is, by its object, with what its copy says when it is one of now. */
    public Map<Live, String> renewals() {
        Map<Live, String> all = new LinkedHashMap<>();
        for (Live kafka : objects.list(Kind.KAFKA, Names.OWN)) {
            if (!kafka.going()) {
                all.put(kafka, renewal(kafka));
            }
        }
        return all;
    }

    /** Of one whose CA may be another one; nothing happens for one that never came to be. */
    public void publish(UUID cluster) {
        remembered(cluster).ifPresent(this::publish);
    }

    public void remember(ClusterSpec spec) {
        memory.keep(KafkaNames.memory(spec.id()), spec);
    }

    /** Empty for a cluster that never came to be. */
    public Optional<ClusterSpec> remembered(UUID cluster) {
        return memory.find(KafkaNames.memory(cluster));
    }

    /**
     * Takes away whatever there is of a cluster.
     *
     * @return empty when nothing is left
     */
    public Optional<Waiting> remove(UUID id) {
        objects.delete(Kind.KAFKA_USER, KafkaNames.control(id));
        if (live(id).isPresent() || pool(id).isPresent()) {
            objects.delete(Kind.KAFKA, KafkaNames.cluster(id));
            objects.delete(Kind.KAFKA_POOL, KafkaNames.pool(id));
            return Optional.of(Waiting.on("Strimzi is ending the cluster"));
        }
        for (Kind kind : new Kind[] {Kind.POD, Kind.CLAIM}) {
            int left = objects.list(kind, Map.of(KafkaNames.OPERATOR_LABEL, KafkaNames.cluster(id)))
                    .size();
            if (left > 0) {
                return Optional.of(Waiting.on(left + " objects of the kind " + kind.kind() + " are ending"));
            }
        }
        objects.delete(Kind.SECRET, KafkaNames.login(id));
        objects.delete(Kind.SECRET, KafkaNames.memory(id));
        objects.delete(Kind.CONFIG_MAP, KafkaNames.access(id));
        return objects.find(Kind.KAFKA_USER, KafkaNames.control(id)).isEmpty()
                ? Optional.empty()
                : Optional.of(Waiting.on("Mooring's own KafkaUser is ending"));
    }
}
