package dev.mooring.database.cluster.change;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** Queues changes of clusters, each for the program that its plane and its engine have for it, where the cluster runs. */
@ApplicationScoped
public class ClusterQueue {

    private final DataPlanes planes;
    private final ClusterPlanes places;
    private final Operations operations;

    ClusterQueue(DataPlanes planes, ClusterPlanes places, Operations operations) {
        this.planes = planes;
        this.places = places;
        this.operations = operations;
    }

    /** Whether the cluster's plane does that. */
    public boolean has(Change change, Cluster cluster) {
        return planes.program(change, cluster.plane, cluster.engine).isPresent();
    }

    /** Throws a 422 when the cluster's plane does not do that, or is not there, which no state of the cluster changes. */
    public ChangeProgram<?, ?> require(Change change, Cluster cluster) {
        places.get(cluster.plane);
        return planes.program(change, cluster.plane, cluster.engine)
                .orElseThrow(() -> planes.missing(change, cluster.plane, cluster.engine)
                        .map(why -> lacks(change.words(), cluster, why))
                        .orElseGet(() -> lacks(change.words(), cluster)));
    }

    /** Throws a 422 when commits cannot wait for the archive there. */
    public void requireSynchronousArchive(Cluster cluster) {
        if (!places.get(cluster.plane).archivesEachCommit()) {
            throw lacks(
                    "synchronous archive",
                    cluster,
                    "there WAL is archived in whole segments, once a minute or more often");
        }
    }

    /** @param what the cluster's plane does not have, as in "it has no …" */
    public static ApiException lacks(String what, Cluster cluster) {
        return lacks(what, cluster.engine, cluster.plane);
    }

    /** @param why it does not have it, and what to do about it */
    public static ApiException lacks(String what, Cluster cluster, String why) {
        return ApiException.unprocessable("the engine " + cluster.engine + " has no " + what + " on the data plane "
                + cluster.plane + ": " + why + "; nothing was changed");
    }

    /** The same for who asks about a cluster. */
    public static ApiException lacks(String what, String engine, String plane) {
        return ApiException.unprocessable(
                "the engine " + engine + " has no " + what + " on the data plane " + plane + "; nothing was changed");
    }

    /**
     * In the caller's transaction: a change that must be the only unfinished one of the cluster.
     *
     * @return the operation; fails with a {@link dev.mooring.operation.Conflict} while another one is under way, and with 422
     *     when the cluster's plane does not do that
     */
    public Uni<UUID> change(Change change, Cluster cluster, ClusterSpec spec) {
        return queue(UUID.randomUUID(), change, cluster, true, spec);
    }

    /** The same for what goes on beside other changes. */
    public Uni<UUID> shared(Change change, Cluster cluster, ClusterSpec spec) {
        return queue(UUID.randomUUID(), change, cluster, false, spec);
    }

    /** The same under an id that is known before, for what must not be queued twice. */
    public Uni<UUID> shared(UUID id, Change change, Cluster cluster, ClusterSpec spec) {
        return queue(id, change, cluster, false, spec);
    }

    private Uni<UUID> queue(UUID id, Change change, Cluster cluster, boolean mutating, ClusterSpec spec) {
        ChangeProgram<?, ?> program = require(change, cluster);
        UUID node = places.get(cluster.plane).onMachines() ? cluster.node : null;
        return operations.queue(new NewOperation(id, cluster.team, program, cluster.id, mutating, node, spec));
    }
}
