package dev.mooring.dataplane.kubernetes.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.kafka.StrimziBrokers;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.object.Names;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.time.Clock;

/** More or less memory and processors, more storage; as many brokers as before. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class ResizeStrimzi extends ReconcileStrimzi {

    ResizeStrimzi(StrimziProjection projection, StrimziBrokers brokers, KubernetesSettings settings, Clock clock) {
        super(Change.RESIZE, projection, brokers, settings, clock);
    }
}
