package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.operation.OperationFailed;
import java.util.Optional;

/** The volumes of a cluster, which grow where their StorageClass lets them, and never shrink. */
record Room(Projection projection, ClusterSpec spec) {

    /**
     * Refuses what could not be undone or would never come, before anything is changed.
     *
     * @throws OperationFailed says why
     */
    void require() {
        Live live = projection.present(spec);
        long now = Projection.bytes(live.text("spec", "storage", "size").orElse("0"));
        long wanted = (long) spec.size().storageMib() << 20;
        if (wanted < now) {
            throw new OperationFailed("volumes on Kubernetes do not shrink: the cluster has " + (now >> 20)
                    + " MiB of storage. Ask for as much with storage_size_mib; nothing was changed.");
        }
        if (wanted > now) {
            for (Live claim : projection.objects().list(Kind.CLAIM, Names.ofOperator(spec.id()))) {
                requireExpansion(claim);
            }
        }
    }

    private void requireExpansion(Live claim) {
        String name = claim.text("spec", "storageClassName").orElse("");
        Optional<Live> found =
                name.isEmpty() ? Optional.empty() : projection.objects().find(Kind.STORAGE_CLASS, name);
        if (found.isEmpty() || !found.get().is("allowVolumeExpansion")) {
            throw new OperationFailed("the volume " + claim.name() + " cannot grow: its StorageClass "
                    + (name.isEmpty() ? "is not known" : name + " does not allow it (allowVolumeExpansion)")
                    + ". Nothing was changed.");
        }
    }
}
