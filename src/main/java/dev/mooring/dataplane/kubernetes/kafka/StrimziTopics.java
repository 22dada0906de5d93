package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.kafka.LiveTopics;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Singleton;
import java.util.UUID;

/** Topics of the clusters on Kubernetes. */
@Singleton
class StrimziTopics extends LiveTopics {

    private final StrimziAdmins admins;

    StrimziTopics(StrimziAdmins admins) {
        this.admins = admins;
    }

    @Override
    protected Reached reach(UUID cluster) {
        try {
            BrokerAccess access = admins.access(cluster)
                    .orElseThrow(() -> new Unreachable("how its brokers are reached is not known yet", null));
            return new Reached(admins.of(cluster, access), access.brokers());
        } catch (Away | OperationFailed e) {
            throw new Unreachable(e.getMessage(), e);
        }
    }
}
