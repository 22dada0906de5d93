package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.Topics;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/** One administration client for each cluster, made when it is first asked for. It logs in with Mooring's certificate for the cluster. */
@ApplicationScoped
@RegisterForReflection(targets = DefaultSslEngineFactory.class)
public class AdminClients {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(8);

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
        Properties settings = new Properties();
        settings.put(
                "bootstrap.servers",
                manifest.brokers().stream()
                        .map(broker -> "127.0.0.1:" + broker.internal())
                        .collect(Collectors.joining(",")));
        settings.put("client.id", "mooring");
        settings.put("security.protocol", "SSL");
        settings.put("ssl.keystore.type", "PEM");
        settings.put("ssl.keystore.certificate.chain", pem.substring(0, key));
        settings.put("ssl.keystore.key", pem.substring(key));
        settings.put("ssl.truststore.type", "PEM");
        settings.put(
                "ssl.truststore.certificates", Files.readString(folder.root().resolve("ca.pem")));
        settings.put("request.timeout.ms", Long.toString(REQUEST_LIMIT.toMillis()));
        settings.put("default.api.timeout.ms", Long.toString(ANSWER_LIMIT.toMillis()));
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("metric.reporters", "");
        settings.put("enable.metrics.push", "false");
        return settings;
    }

    public void close(UUID cluster) {
        Admin admin = open.remove(cluster);
        if (admin != null) {
            admin.close(Duration.ZERO);
        }
    }

    /**
     * Waits for an answer, on a thread that may block.
     *
     * @throws Topics.Unreachable when none comes
     * @throws org.apache.kafka.common.errors.ApiException what the brokers say instead
     */
    public static <T> T answer(KafkaFuture<T> question) throws InterruptedException {
        try {
            return question.get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Topics.Unreachable("the brokers do not answer", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException
                    || e.getCause() instanceof RetriableException retriable
                            && !(retriable
                                    instanceof org.apache.kafka.common.errors.UnknownTopicOrPartitionException)) {
                throw new Topics.Unreachable(
                        "the brokers do not answer: " + e.getCause().getMessage(), e.getCause());
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }
}
