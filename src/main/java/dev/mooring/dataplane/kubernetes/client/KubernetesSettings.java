package dev.mooring.dataplane.kubernetes.client;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of the data plane {@code kubernetes}. The API server is found as kubectl finds it, or by the pod's service account. */
@ConfigMapping(prefix = "mooring.kubernetes")
public interface KubernetesSettings {

    /** Namespace of the clusters; it has to be there, and to be Mooring's alone. */
    @WithDefault("mooring-databases")
    String namespace();

    /** Namespace of CloudNativePG's operator, which network policies let in. */
    @WithDefault("cnpg-system")
    String operatorNamespace();

    /** Namespace of Mooring's own pods, which network policies let in: those with the label `app.kubernetes.io/name: mooring`. */
    @WithDefault("mooring")
    String controlNamespace();

    /**
     * Namespace of the pods of apps, with `MOORING_APPS_RUNTIME=kubernetes`, and of the Secrets with their variables; without it that of
     * the clusters. It has to be there.
     */
    Optional<String> appsNamespace();

    /** Where the pods of apps are. */
    default String placeOfApps() {
        return appsNamespace().orElseGet(this::namespace);
    }

    /**
     * What new clusters run, `MAJOR.MINOR=IMAGE` each, joined by commas: pin them by digest. Without it the images of CloudNativePG's
     * project for the versions that Mooring knows. A cluster keeps the image that it began with until a newer minor version is installed.
     */
    Optional<List<String>> images();

    /**
     * What new clusters of Kafka run, `MAJOR.MINOR.PATCH` each, joined by commas: versions that the installed Strimzi, 1.2 or newer, has images
     * for, such as `4.2.0,4.3.0`. Without it there is no Kafka on Kubernetes.
     */
    Optional<List<String>> kafkaVersions();

    /** StorageClass of new clusters; without it the default one. */
    Optional<String> storageClass();

    /** For how long a refusal of the operator that may pass by itself is waited out. */
    @WithDefault("60s")
    Duration patience();
}
