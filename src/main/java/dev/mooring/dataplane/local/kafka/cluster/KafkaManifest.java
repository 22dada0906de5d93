package dev.mooring.dataplane.local.kafka.cluster;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.kafka.KafkaConfig;
import dev.mooring.engine.kafka.KafkaEngine;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What should run for a cluster.
 *
 * @param version exact
 * @param jars the folder, among those of the engines, with what it runs: a newer one is installed when its time has come
 * @param host the name that clients are told
 * @param names all that the certificate is for
 * @param heapMib the most that a broker's heap takes
 * @param applied the revision that is in force
 * @param settings of the brokers' files, over what Mooring says itself
 * @param dynamic names of the settings that were changed while brokers ran
 * @param sources networks that may connect; null for every network
 * @param access users by the fingerprints of the certificates that they log in with
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection
public record KafkaManifest(
        UUID id,
        String version,
        String jars,
        String bind,
        String host,
        List<String> names,
        List<Broker> brokers,
        int heapMib,
        long applied,
        Map<String, String> settings,
        List<String> dynamic,
        @Nullable List<String> sources,
        Map<String, String> access) {

    private static final int SMALLEST_HEAP = 96;
    private static final int LARGEST_HEAP = 1024;
    private static final int SHARE_OF_MEMORY = 16;

    /**
     * @param id counted from 1
     * @param port for clients
     * @param internal for the other brokers and for Mooring
     * @param access for clients with a certificate; 0 for none, as with clusters of an earlier Mooring
     */
    @RegisterForReflection
    public record Broker(int id, int port, int internal, int controller, int access) {}

    public KafkaManifest {
        access = access == null ? Map.of() : access;
    }

    public static KafkaManifest of(ClusterSpec wish, String version, String jars, String bind, List<String> names) {
        return new KafkaManifest(
                wish.id(),
                version,
                jars,
                bind,
                wish.host(),
                names,
                brokers(wish),
                heap(wish),
                wish.revision(),
                KafkaConfig.clamped(wish.parameters(), KafkaEngine.brokers(wish.size())),
                List.of(),
                wish.networks(),
                Map.of());
    }

    /** Those of the wish, with the ports that it has for them. */
    private static List<Broker> brokers(ClusterSpec wish) {
        List<Integer> clients = Stream.concat(
                        ports(wish, Endpoints.Role.PRIMARY).stream(), ports(wish, Endpoints.Role.MEMBER).stream())
                .toList();
        List<Integer> internal = ports(wish, Endpoints.Role.INTERNAL);
        List<Integer> access = ports(wish, Endpoints.Role.CERTIFICATE);
        List<Broker> brokers = new ArrayList<>();
        for (int i = 0; i < KafkaEngine.brokers(wish.size()); i++) {
            brokers.add(new Broker(
                    i + 1,
                    clients.get(i),
                    internal.get(2 * i),
                    internal.get(2 * i + 1),
                    access.isEmpty() ? 0 : access.get(i)));
        }
        return brokers;
    }

    /** With as many brokers as the wish has, and their ports. */
    public KafkaManifest grown(ClusterSpec wish) {
        return withBrokers(brokers(wish));
    }

    /** With the first of its brokers alone. */
    public KafkaManifest limitedTo(int count) {
        return withBrokers(List.copyOf(brokers.subList(0, Math.min(count, brokers.size()))));
    }

    private KafkaManifest withBrokers(List<Broker> others) {
        return new KafkaManifest(
                id, version, jars, bind, host, names, others, heapMib, applied, settings, dynamic, sources, access);
    }

    public List<Integer> brokerIds() {
        return brokers.stream().map(Broker::id).toList();
    }

    public static int heap(ClusterSpec wish) {
        return Math.clamp(wish.size().memoryMib() / SHARE_OF_MEMORY, SMALLEST_HEAP, LARGEST_HEAP);
    }

    private static List<Integer> ports(ClusterSpec wish, Endpoints.Role role) {
        return wish.endpoints().all().stream()
                .filter(endpoint -> endpoint.role() == role)
                .map(Endpoints.Endpoint::port)
                .toList();
    }

    public KafkaManifest settled(
            ClusterSpec wish,
            List<String> hosts,
            Map<String, String> inFiles,
            List<String> live,
            Map<String, String> access) {
        return new KafkaManifest(
                id,
                version,
                jars,
                bind,
                wish.host(),
                hosts,
                brokers,
                heap(wish),
                wish.revision(),
                inFiles,
                live,
                wish.networks(),
                access);
    }

    public KafkaManifest updated(String newVersion, String newJars) {
        return new KafkaManifest(
                id,
                newVersion,
                newJars,
                bind,
                host,
                names,
                brokers,
                heapMib,
                applied,
                settings,
                dynamic,
                sources,
                access);
    }

    /** Whether it says enough to run by. */
    public boolean whole() {
        return id != null
                && version != null
                && jars != null
                && bind != null
                && host != null
                && brokers != null
                && !brokers.isEmpty();
    }

    public List<Integer> allPorts() {
        return brokers.stream()
                .flatMap(broker -> Stream.of(broker.port(), broker.internal(), broker.controller(), broker.access()))
                .filter(port -> port != 0)
                .toList();
    }

    /** Whether users can log in with certificates. */
    public boolean takesCertificates() {
        return brokers.stream().allMatch(broker -> broker.access() != 0);
    }

    public KafkaManifest withAccess(Map<String, String> users) {
        return new KafkaManifest(
                id, version, jars, bind, host, names, brokers, heapMib, applied, settings, dynamic, sources, users);
    }

    /** The name by which its brokers know each other, and nobody else does. */
    public String brokerName() {
        return id + ".broker";
    }

    /** The name by which they know Mooring. */
    public String adminName() {
        return id + ".mooring";
    }
}
