package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.home.Vault;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;

/** One administration client for each cluster, made when it is first asked for, and anew when it is reached in another way. */
@Singleton
public class StrimziAdmins {

    private final KubeObjects objects;
    private final Vault vault;
    private final Map<UUID, Opened> open = new ConcurrentHashMap<>();

    private record Opened(BrokerAccess access, Admin admin) {}

    StrimziAdmins(KubeObjects objects, Vault vault) {
        this.objects = objects;
        this.vault = vault;
    }

    void stop(@Observes @Priority(100) ShutdownEvent event) {
        open.keySet().forEach(this::close);
    }

    /** Empty for a cluster that is no Kafka, or was never asked. Blocks. */
    Optional<BrokerAccess> access(UUID cluster) {
        return objects.find(Kind.CONFIG_MAP, KafkaNames.access(cluster)).flatMap(BrokerAccess::of);
    }

    /** @throws Topics.Unreachable as long as nobody knows how */
    Admin of(UUID cluster) {
        return of(
                cluster,
                access(cluster)
                        .orElseThrow(
                                () -> new Topics.Unreachable("how its brokers are reached is not known yet", null)));
    }

    Admin of(UUID cluster, BrokerAccess access) {
        return open.compute(cluster, (id, known) -> {
                    if (known != null && known.access().equals(access)) {
                        return known;
                    }
                    if (known != null) {
                        known.admin().close(Duration.ZERO);
                    }
                    return new Opened(access, as(access, KafkaNames.control(id), vault.unseal(access.secret())));
                })
                .admin();
    }

    /** As any user; whoever asks closes it. */
    Admin as(BrokerAccess access, String user, String password) {
        Properties settings = Answers.clientSettings();
        settings.put("bootstrap.servers", access.bootstrap());
        settings.put("security.protocol", "SASL_SSL");
        settings.put("sasl.mechanism", "SCRAM-SHA-512");
        settings.put(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"" + quoted(user)
                        + "\" password=\"" + quoted(password) + "\";");
        settings.put("ssl.truststore.type", "PEM");
        settings.put("ssl.truststore.certificates", access.authority());
        return Admin.create(settings);
    }

    private static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    void close(UUID cluster) {
        Opened known = open.remove(cluster);
        if (known != null) {
            known.admin().close(Duration.ZERO);
        }
    }
}
