package dev.mooring.dataplane.kafka;

import dev.mooring.dataplane.Topics;
import dev.mooring.engine.postgres.ServerParameter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;

/** The settings that a broker has. */
public final class InForce {

    /** For an answer that another question follows, if it does not come. */
    private static final int SOON_MS = 3000;

    private InForce() {}

    /** By Kafka's own names. */
    public static Map<String, ServerParameter> parameters(Admin admin, int broker) throws InterruptedException {
        return parameters(entries(admin, broker));
    }

    private static Map<String, ServerParameter> parameters(Collection<ConfigEntry> entries) {
        return entries.stream()
                .filter(entry -> entry.value() != null && !entry.isSensitive())
                .collect(Collectors.toMap(
                        ConfigEntry::name, entry -> new ServerParameter(entry.value(), null, entry.isReadOnly())));
    }

    public static Collection<ConfigEntry> entries(Admin admin, int broker) throws InterruptedException {
        return of(admin, new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker)));
    }

    /** As the first broker has them that answers. */
    public static Map<String, ServerParameter> parameters(Admin admin) throws InterruptedException {
        return parameters(ofAny(admin));
    }

    /** Of whichever broker answers first: one that is down is not waited for. */
    public static Collection<ConfigEntry> ofAny(Admin admin) throws InterruptedException {
        CompletableFuture<Config> first = new CompletableFuture<>();
        Collection<KafkaFuture<Config>> asked = askAll(admin, new DescribeConfigsOptions());
        AtomicInteger left = new AtomicInteger(asked.size());
        for (KafkaFuture<Config> answer : asked) {
            var unused = answer.whenComplete((config, failure) -> {
                if (failure == null) {
                    first.complete(config);
                } else if (left.decrementAndGet() == 0) {
                    first.completeExceptionally(failure);
                }
            });
        }
        return Answers.of(first).entries();
    }

    /** Of every broker that takes part. */
    public static List<Config> ofAll(Admin admin) throws InterruptedException {
        List<Config> all = new ArrayList<>();
        for (KafkaFuture<Config> answer : askAll(admin, new DescribeConfigsOptions().timeoutMs(SOON_MS))) {
            all.add(Answers.of(answer));
        }
        return all;
    }

    private static Collection<KafkaFuture<Config>> askAll(Admin admin, DescribeConfigsOptions options)
            throws InterruptedException {
        List<ConfigResource> brokers = Answers.of(admin.describeCluster().nodes()).stream()
                .map(node -> new ConfigResource(ConfigResource.Type.BROKER, node.idString()))
                .toList();
        if (brokers.isEmpty()) {
            throw new Topics.Unreachable("no broker takes part", null);
        }
        return admin.describeConfigs(brokers, options).values().values();
    }

    static Collection<ConfigEntry> of(Admin admin, ConfigResource resource) throws InterruptedException {
        return Objects.requireNonNull(
                        Answers.of(admin.describeConfigs(List.of(resource)).all())
                                .get(resource),
                        resource::toString)
                .entries();
    }
}
