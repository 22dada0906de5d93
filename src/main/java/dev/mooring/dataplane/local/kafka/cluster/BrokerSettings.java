package dev.mooring.dataplane.local.kafka.cluster;

import dev.mooring.dataplane.kafka.BrokerDefaults;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.process.kafka.BrokerFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A broker's files of settings. Clients come in by {@code CLIENT} with a password, or by {@code ACCESS} with a user's certificate; the brokers among themselves and Mooring by
 * {@code INTERNAL} and {@code CONTROLLER}, which only this machine reaches, with certificates: no file holds a password.
 */
public final class BrokerSettings {

    private static final String CLIENT = "listener.name.client.";
    private static final String ACCESS = "listener.name.access.";
    /** Of the broker itself, which logs in nowhere: a mechanism has to have one. */
    private static final String SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule";

    /** In place of a cluster's first controllers, for a broker that comes later. */
    public static final String NO_CONTROLLERS = "none";

    /** As every broker has them. */
    public static final String BACKGROUND_THREADS = "2";

    private static final String LOOPBACK = "127.0.0.1";
    private static final String OWN = "dev.mooring.process.kafka.broker.";

    private BrokerSettings() {}

    public static String render(KafkaManifest manifest, KafkaManifest.Broker broker, BrokerFiles files) {
        Properties all = new Properties();
        all.put("process.roles", "broker,controller");
        all.put("node.id", Integer.toString(broker.id()));
        all.put("log.dirs", files.data().resolve("logs").toString());
        String access = broker.access() == 0 ? "" : ",ACCESS://%s:" + broker.access();
        String inside = ",INTERNAL://" + LOOPBACK + ":" + broker.internal() + ",CONTROLLER://" + LOOPBACK + ":"
                + broker.controller();
        all.put(
                "listeners",
                "CLIENT://" + manifest.bind() + ":" + broker.port() + access.formatted(manifest.bind()) + inside);
        all.put(
                "advertised.listeners",
                "CLIENT://" + manifest.host() + ":" + broker.port() + access.formatted(manifest.host()) + inside);
        all.put(
                "listener.security.protocol.map",
                "CLIENT:SASL_SSL" + (access.isEmpty() ? "" : ",ACCESS:SSL") + ",INTERNAL:SSL,CONTROLLER:SSL");
        all.put("inter.broker.listener.name", "INTERNAL");
        all.put("controller.listener.names", "CONTROLLER");
        all.put(
                "controller.quorum.bootstrap.servers",
                manifest.brokers().stream()
                        .map(other -> LOOPBACK + ":" + other.controller())
                        .collect(Collectors.joining(",")));
        all.put("sasl.enabled.mechanisms", "SCRAM-SHA-256,SCRAM-SHA-512");
        for (String mechanism : new String[] {"scram-sha-256.", "scram-sha-512."}) {
            all.put(CLIENT + mechanism + "sasl.jaas.config", SCRAM + " required;");
        }
        all.put(CLIENT + "ssl.keystore.type", "PEM");
        all.put(CLIENT + "ssl.keystore.location", files.certificate().toString());
        all.put(CLIENT + "ssl.engine.factory.class", OWN + "TrustedSslEngineFactory");
        all.put(CLIENT + "principal.builder.class", OWN + "TrustedPrincipalBuilder");
        all.put("mooring.sources.file", files.sources().toString());
        if (broker.access() != 0) {
            all.put("mooring.access.file", files.access().toString());
            all.put(ACCESS + "ssl.keystore.type", "PEM");
            all.put(ACCESS + "ssl.keystore.location", files.certificate().toString());
            all.put(ACCESS + "ssl.client.auth", "required");
            all.put(ACCESS + "ssl.engine.factory.class", OWN + "AccessSslEngineFactory");
            all.put(ACCESS + "principal.builder.class", OWN + "AccessPrincipalBuilder");
        }
        for (String listener : new String[] {"listener.name.internal.", "listener.name.controller."}) {
            all.put(listener + "ssl.client.auth", "required");
            all.put(listener + "ssl.keystore.type", "PEM");
            all.put(listener + "ssl.keystore.location", files.identity().toString());
            all.put(listener + "ssl.truststore.type", "PEM");
            all.put(listener + "ssl.truststore.location", files.authorities().toString());
        }
        String own = "User:CN=" + manifest.brokerName() + ";User:CN=" + manifest.adminName();
        all.put("authorizer.class.name", OWN + "ConfinedAuthorizer");
        all.put("mooring.own.principals", own);
        all.put("super.users", "User:" + KafkaEngine.ADMIN + ";" + own);
        all.putAll(BrokerDefaults.of(manifest.brokers().size()));
        all.put("num.network.threads", "2");
        all.put("num.io.threads", "2");
        all.put("background.threads", BACKGROUND_THREADS);
        all.put("log.cleaner.dedupe.buffer.size", "4194304");
        all.put("controlled.shutdown.enable", "true");
        all.put("broker.session.timeout.ms", "6000");
        all.put("broker.heartbeat.interval.ms", "1000");
        all.putAll(manifest.settings());
        return text(all);
    }

    /** With what Kafka's reader takes for something else escaped, and without the time of writing. */
    private static String text(Properties all) {
        StringWriter out = new StringWriter();
        try {
            all.store(out, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .sorted()
                .map(line -> line + "\n")
                .collect(Collectors.joining("", "# Written by Mooring; changes here are overwritten.\n", ""));
    }

    /** Warnings, in two files of a bounded size: who is kept out by a trusted source can write into them. */
    public static String logging(BrokerFiles files) {
        Properties all = new Properties();
        all.put("appender.file.type", "RollingFile");
        all.put("appender.file.name", "file");
        all.put("appender.file.fileName", files.log().toString());
        all.put("appender.file.filePattern", files.log() + ".%i");
        all.put("appender.file.layout.type", "PatternLayout");
        all.put("appender.file.layout.pattern", "%d %p %m (%c)%n");
        all.put("appender.file.policies.type", "Policies");
        all.put("appender.file.policies.size.type", "SizeBasedTriggeringPolicy");
        all.put("appender.file.policies.size.size", "5MB");
        all.put("appender.file.strategy.type", "DefaultRolloverStrategy");
        all.put("appender.file.strategy.max", "1");
        // Of each connection that is refused it would tell at length.
        all.put("logger.refused.name", "kafka.network.Processor");
        all.put("logger.refused.level", "fatal");
        all.put("rootLogger.level", "warn");
        all.put("rootLogger.appenderRef.file.ref", "file");
        return text(all);
    }

    /** @param sources networks; null for everybody */
    public static String sources(@Nullable List<String> sources) {
        return sources == null
                ? "*\n"
                : sources.stream().map(source -> source + "\n").collect(Collectors.joining());
    }

    public static String access(Map<String, String> users) {
        return users.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(user -> user.getKey() + " "
                        + Base64.getEncoder().encodeToString(user.getValue().getBytes(StandardCharsets.UTF_8)) + "\n")
                .collect(Collectors.joining());
    }

    /** The brokers' first controllers, with the ids of the folders that they get. */
    public static String controllers(KafkaManifest manifest) {
        return manifest.brokers().stream()
                .map(broker -> broker.id() + "@" + LOOPBACK + ":" + broker.controller() + ":"
                        + kafkaId(manifest.id() + "/folder" + broker.id()))
                .collect(Collectors.joining(","));
    }

    public static String clusterId(KafkaManifest manifest) {
        return kafkaId(manifest.id() + "/cluster");
    }

    /** Derived, so that a step that runs again comes to the same. One that begins with a dash would be taken for an option. */
    private static String kafkaId(String of) {
        UUID id = UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8));
        String text = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(ByteBuffer.allocate(Long.BYTES * 2)
                        .putLong(id.getMostSignificantBits())
                        .putLong(id.getLeastSignificantBits())
                        .array());
        return text.startsWith("-") ? kafkaId(of + "'") : text;
    }
}
