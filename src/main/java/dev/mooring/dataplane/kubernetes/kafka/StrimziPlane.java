package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.InForce;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.engine.postgres.ServerParameter;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.ApiException;

/** What the plane kubernetes says of its Kafka clusters. */
@Singleton
public class StrimziPlane {

    private final KubeObjects objects;
    private final StrimziVersions versions;
    private final StrimziAdmins admins;
    private final StrimziTopics topics;

    StrimziPlane(KubeObjects objects, StrimziVersions versions, StrimziAdmins admins, StrimziTopics topics) {
        this.objects = objects;
        this.versions = versions;
        this.admins = admins;
        this.topics = topics;
    }

    public StrimziVersions versions() {
        return versions;
    }

    public Topics topics() {
        return topics;
    }

    /** Clients are told of the brokers by whichever they reach first. */
    public Endpoints endpoints(UUID cluster) {
        return new Endpoints(List.of(new Endpoints.Endpoint(
                Endpoints.Role.PRIMARY, KafkaNames.host(cluster, objects.namespace()), KafkaNames.PORT)));
    }

    /** PEM of who signs for the brokers; empty for a cluster that is no Kafka, or was never online. Blocks. */
    public Optional<String> authority(UUID cluster) {
        return admins.access(cluster).map(BrokerAccess::authority);
    }

    /**
     * Empty for a cluster that is no Kafka, or was never online. Blocks.
     *
     * @throws Topics.Unreachable while the brokers do not answer
     */
    public Optional<Map<String, ServerParameter>> parameters(UUID cluster) throws InterruptedException {
        Optional<BrokerAccess> access = admins.access(cluster);
        if (access.isEmpty()) {
            return Optional.empty();
        }
        try {
            Admin admin = admins.of(cluster, access.get());
            return Optional.of(InForce.parameters(admin));
        } catch (ApiException e) {
            throw new Topics.Unreachable(e.getMessage(), e);
        }
    }
}
