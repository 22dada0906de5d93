package dev.mooring.dataplane.kafka;

import dev.mooring.engine.postgres.ServerParameter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

/** The settings that a broker has. */
public final class InForce {

    private InForce() {}

    /** By Kafka's own names. */
    public static Map<String, ServerParameter> parameters(Admin admin, int broker) throws InterruptedException {
        return entries(admin, broker).stream()
                .filter(entry -> entry.value() != null && !entry.isSensitive())
                .collect(Collectors.toMap(
                        ConfigEntry::name, entry -> new ServerParameter(entry.value(), null, entry.isReadOnly())));
    }

    public static Collection<ConfigEntry> entries(Admin admin, int broker) throws InterruptedException {
        return of(admin, new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker)));
    }

    static Collection<ConfigEntry> of(Admin admin, ConfigResource resource) throws InterruptedException {
        return Objects.requireNonNull(
                        Answers.of(admin.describeConfigs(List.of(resource)).all())
                                .get(resource),
                        resource::toString)
                .entries();
    }
}
