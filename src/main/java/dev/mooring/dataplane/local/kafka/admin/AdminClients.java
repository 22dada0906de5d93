package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaFolder;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/** One administration client for each cluster, made when it is first asked for. It logs in with Mooring's certificate for the cluster. */
@ApplicationScoped
@RegisterForReflection(targets = DefaultSslEngineFactory.class)
public class AdminClients {

    private final Map<UUID, Admin> open = new ConcurrentHashMap<>();

    void stop(@Observes @Priority(100) ShutdownEvent event) {
        open.keySet().forEach(this::close);
    }

    public Admin of(KafkaManifest manifest, KafkaFolder folder) throws IOException {
        Admin known = open.get(manifest.id());
        if (known != null) {
            return known;
        }
        Properties settings = settings(manifest, folder);
        return open.computeIfAbsent(manifest.id(), id -> Admin.create(settings));
    }

    private static Properties settings(KafkaManifest manifest, KafkaFolder folder) throws IOException {
        String pem = Files.readString(folder.admin());
        int key = pem.indexOf("-----BEGIN PRIVATE KEY-----");
        Properties settings = Answers.clientSettings();
        settings.put(
                "bootstrap.servers",
                manifest.brokers().stream()
                        .map(broker -> "127.0.0.1:" + broker.internal())
                        .collect(Collectors.joining(",")));
        settings.put("security.protocol", "SSL");
        settings.put("ssl.keystore.type", "PEM");
        settings.put("ssl.keystore.certificate.chain", pem.substring(0, key));
        settings.put("ssl.keystore.key", pem.substring(key));
        settings.put("ssl.truststore.type", "PEM");
        settings.put(
                "ssl.truststore.certificates", Files.readString(folder.root().resolve("ca.pem")));
        return settings;
    }

    public void close(UUID cluster) {
        Admin admin = open.remove(cluster);
        if (admin != null) {
            admin.close(Duration.ZERO);
        }
    }
}
