package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlane.Drift;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.UUID;

/** A cluster's objects beside the spec that is in force: what others have changed or deleted. */
@Singleton
public class Comparison {

    private final Projection projection;

    Comparison(Projection projection) {
        this.projection = projection;
    }

    /**
     * Of a cluster that nobody is changing; one whose servers have never been ready is as nobody knows. Blocks.
     *
     * @return the first difference; empty where there is none
     */
    public Optional<Drift> drift(UUID cluster) {
        Optional<ClusterSpec> spec = projection.remembered(cluster);
        if (spec.isEmpty()) {
            return Optional.empty();
        }
        Optional<Live> live = projection.live(cluster);
        if (live.filter(one -> !one.going()).isEmpty()) {
            return Optional.of(new Drift(
                    "somebody has deleted the Cluster " + Names.cluster(cluster) + " of the namespace "
                            + projection.objects().namespace()
                            + ", and its volumes with it. It is not made anew, because it would be empty: create another one from its"
                            + " archive where it has one, and delete this one.",
                    true));
        }
        for (KubeObject wanted : projection.wanted(spec.get(), live.get())) {
            Optional<Live> found = projection.objects().find(wanted.kind(), wanted.name());
            Optional<String> how = found.isEmpty()
                    ? Optional.of("is gone")
                    : wanted.difference(found.get()).map(path -> "has another " + path);
            if (how.isPresent()) {
                return Optional.of(
                        new Drift("the " + wanted.kind().kind() + " " + wanted.name() + " " + how.get(), false));
            }
        }
        return Optional.empty();
    }
}
