package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.operation.Next;
import dev.mooring.operation.Task;
import java.util.Map;

/** What a change that was taken back has left: volumes that it had let grow. */
public final class Grown {

    private Grown() {}

    /**
     * The end of the way back. The cluster's row keeps the storage that there is: every later change would be refused for less.
     *
     * @param before what is in force again
     * @param storageMib that each node has, or is to have
     */
    public static Next end(Task<ClusterSpec, ClusterFacts> task, ClusterSpec before, int storageMib) {
        if (storageMib <= before.size().storageMib()) {
            return Next.done(null);
        }
        task.keep(task.facts().withGrownMib(storageMib));
        return Next.done(Map.of(
                "storage_size_mib",
                storageMib,
                "storage",
                "has grown and stays so: volumes on Kubernetes do not shrink. Everything else is as it was"));
    }
}
