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

/** Users and what they may do, passwords, trusted sources, host names and settings of a running cluster. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class ApplyStrimzi extends ReconcileStrimzi {

    ApplyStrimzi(StrimziProjection projection, StrimziBrokers brokers, KubernetesSettings settings, Clock clock) {
        super(Change.APPLY, projection, brokers, settings, clock);
    }
}
