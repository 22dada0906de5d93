package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.client.Quantities;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.operation.OperationFailed;

/** The volumes of a cluster, which grow where their StorageClass lets them, and never shrink. */
record Room(Projection projection, ClusterSpec spec) {

    /**
     * Refuses what could not be undone or would never come, before anything is changed.
     *
     * @throws OperationFailed says why
     */
    void require() {
        Live live = projection.present(spec);
        long now = Quantities.bytes(live.text("spec", "storage", "size").orElse("0"));
        long wanted = (long) spec.size().storageMib() << 20;
        if (wanted < now) {
            throw new OperationFailed("volumes on Kubernetes do not shrink: the cluster has " + (now >> 20)
                    + " MiB of storage. Ask for as much with storage_size_mib; nothing was changed.");
        }
        if (wanted > now) {
            for (Live claim : projection.objects().list(Kind.CLAIM, Names.ofOperator(spec.id()))) {
                Quantities.requireExpansion(projection.objects(), claim);
            }
        }
    }
}
