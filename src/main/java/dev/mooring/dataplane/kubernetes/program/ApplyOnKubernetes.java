package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.time.Clock;

/** Users, databases, passwords, trusted sources and settings of a running cluster. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class ApplyOnKubernetes extends ReconcileOnKubernetes {

    ApplyOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.APPLY, projection, settings, clock);
    }

    @Override
    protected void check(ClusterSpec spec) {
        new Room(projection, spec).require();
    }
}
