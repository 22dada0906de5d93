package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.kafka.LiveTopics;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.UUID;

/** Topics of the clusters of this machine. */
@ApplicationScoped
public class BrokerTopics extends LiveTopics {

    private final Brokers brokers;

    BrokerTopics(Brokers brokers) {
        this.brokers = brokers;
    }

    @Override
    protected Reached reach(UUID cluster) throws IOException {
        KafkaManifest manifest = brokers.folder(cluster)
                .manifest()
                .orElseThrow(() -> new Unreachable("the cluster does not run on this node", null));
        return new Reached(brokers.admin(manifest), manifest.brokers().size());
    }
}
