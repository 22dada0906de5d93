package dev.mooring.dataplane;

import dev.mooring.engine.postgres.ServerParameter;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/** Where databases run. Changes are {@link ChangeProgram}s that the operation engine runs; questions are answered directly. */
public interface DataPlane {

    /** As rows and settings call it, such as {@code local}. */
    String name();

    /** What this process could run, as a worker node. */
    Offer offer();

    /** Told when the offer has become another one. */
    void onOffer(Runnable changed);

    /** The current value of every server parameter in the server's base units, empty while the cluster does not run here. */
    Uni<Map<String, ServerParameter>> parameters(UUID cluster);

    /** The cluster's measurements in the Prometheus text format. */
    Uni<String> metrics(UUID cluster);

    /** Whether no other program of this machine has taken the ports of a cluster that would begin at this one. */
    boolean portsFree(int firstPort);

    /** Told when a cluster had died and was started again. */
    void onRestart(RestartListener listener);

    /** Told how the archiving of clusters goes. */
    void onArchiving(ArchiveListener listener);

    /**
     * Nothing of an archive is deleted by age while it has been promised to somebody who has not begun to read it.
     *
     * @param promised whether a cluster's archive is to be read; asked on threads that may block
     */
    void onSweep(Predicate<UUID> promised);

    /** Deletes the archives of clusters that are gone for longer than they are to be kept. */
    void sweepArchives();

    /**
     * @param host the name that clients are told
     * @param firstPort the first port of the range
     * @param lastPort the last port of the range
     * @param portsPerCluster how many neighbouring ports each cluster takes
     * @param archive where the archives of this node's clusters are; nodes with the same can recover each other's
     * @param archiveGrace how long the archive of a deleted cluster is kept
     * @param versions exact version by major version, for each engine
     * @param upgradeTargets major versions that a brief upgrade reaches; empty as long as that is being found out
     */
    record Offer(
            String host,
            int firstPort,
            int lastPort,
            int portsPerCluster,
            String archive,
            Duration archiveGrace,
            Map<String, Map<String, String>> versions,
            List<String> upgradeTargets) {}

    interface RestartListener {
        void restarted(UUID cluster);
    }

    /** Called on threads that may block. */
    interface ArchiveListener {
        /**
         * @param since everything committed before can be recovered
         */
        void failing(UUID cluster, Instant since, String reason);

        void recovered(UUID cluster);

        /** WAL is lost for the archive: a new base backup is needed. */
        void gap(UUID cluster);
    }
}
