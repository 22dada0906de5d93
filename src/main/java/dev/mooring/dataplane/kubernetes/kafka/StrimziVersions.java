package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.lang.module.ModuleDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The versions of Kafka that the installed Strimzi has images for. It does not tell them, so an administrator does. */
@Singleton
public class StrimziVersions {

    private static final Pattern EXACT = Pattern.compile("([4-9]\\.\\d{1,3})\\.\\d{1,3}");

    private final Map<String, String> versions = new TreeMap<>();

    @Inject
    StrimziVersions(KubernetesSettings settings) {
        this(settings.kafkaVersions().orElse(List.of()));
    }

    /** @throws IllegalArgumentException for what is no version of Kafka 4 or newer, and for two of the same minor version */
    StrimziVersions(List<String> exact) {
        for (String version : exact) {
            Matcher matcher = EXACT.matcher(version.strip());
            if (!matcher.matches() || versions.put(matcher.group(1), version.strip()) != null) {
                throw new IllegalArgumentException(version
                        + ": must be MAJOR.MINOR.PATCH of Kafka 4 or newer, each MAJOR.MINOR once, such as 4.3.0");
            }
        }
    }

    /** Exact version by the one that is ordered. */
    public Map<String, String> offered() {
        return Map.copyOf(versions);
    }

    /** Why there is none; empty where there is one. */
    public Optional<String> missing() {
        return versions.isEmpty()
                ? Optional.of(
                        "Kafka on Kubernetes needs Strimzi 1.2 or newer there, and MOORING_KUBERNETES_KAFKA_VERSIONS"
                                + " to say which versions it has")
                : Optional.empty();
    }

    /** @param running exact, of the same MAJOR.MINOR */
    public static boolean newer(String exact, String running) {
        return ModuleDescriptor.Version.parse(exact).compareTo(ModuleDescriptor.Version.parse(running)) > 0;
    }

    /** @throws OperationFailed where there is none of that */
    public String exact(String minor) {
        String version = versions.get(minor);
        if (version == null) {
            throw new OperationFailed("MOORING_KUBERNETES_KAFKA_VERSIONS has no Kafka " + minor + ", only "
                    + String.join(", ", versions.values()) + ". Nothing was changed.");
        }
        return version;
    }
}
