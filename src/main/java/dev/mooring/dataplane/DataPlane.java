package dev.mooring.dataplane;

import dev.mooring.engine.postgres.ServerParameter;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

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

    /** Whether {@link #metrics} tells of its clusters. */
    default boolean measures() {
        return true;
    }

    /** Whether {@link #log} tells of its clusters. */
    default boolean keepsLogs() {
        return true;
    }

    /** The cluster's measurements in the Prometheus text format. */
    Uni<String> metrics(UUID cluster);

    /** The topics of its clusters of that engine; empty where it has none. */
    default Optional<Topics> topics(String engine) {
        return Optional.empty();
    }

    /** The connection pools that its clusters of that engine can have; empty where they can have none. */
    default Optional<Pooling> pooling(String engine) {
        return Optional.empty();
    }

    /** Why the engine is not offered where it could be, and what to do about it; empty otherwise. */
    default Optional<String> missing(String engine) {
        return Optional.empty();
    }

    /** What is reached of a cluster of so many nodes, the primary first: it gets an endpoint for each. */
    List<Endpoints.Role> roles(String engine, int nodes);

    /**
     * Where a cluster of so many nodes is reached, on a plane whose clusters have names of their own; empty where they get ports of a
     * worker node, one for each of {@link #roles}.
     */
    default Optional<Endpoints> endpoints(UUID cluster, String engine, int nodes) {
        return Optional.empty();
    }

    /** The certificates, as PEM, that the cluster's servers are known by; empty where the worker node's CA has signed for them. */
    default Uni<Optional<String>> authority(UUID cluster) {
        return Uni.createFrom().item(Optional.empty());
    }

    /** Whether apps can be given databases of its clusters, those to come included. */
    default boolean servesApps() {
        return true;
    }

    /** Where those who run apps find the variables of their components; empty where nobody but Mooring runs any. */
    default Optional<ComponentSecrets> componentSecrets() {
        return Optional.empty();
    }

    /** Whether a commit can be made to wait until the archive has it. */
    default boolean archivesEachCommit() {
        return true;
    }

    /**
     * Whether its clusters are servers of the worker's own machine, which no other worker can reach. Where they are not, any worker of the
     * plane makes their changes.
     */
    default boolean onMachines() {
        return true;
    }

    /**
     * What somebody else has made of a cluster that nobody is changing.
     *
     * @param what as users read it
     * @param gone whether there is nothing left that could be put right
     */
    record Drift(String what, boolean gone) {}

    /** Empty where everything is as it was left, or where nobody else can change anything. */
    default Uni<Optional<Drift>> drift(UUID cluster, String engine) {
        return Uni.createFrom().item(Optional.empty());
    }

    /** Whether read-only nodes come along when the cluster that they follow gets another major version. */
    default boolean upgradesFollowers() {
        return true;
    }

    /** How many nodes a cluster can have; one where none can follow another. */
    int mostNodes(String engine);

    /** The cluster's nodes as they are, the primary first; empty while it does not run here. */
    Uni<List<ClusterNode>> nodes(UUID cluster);

    /**
     * The sessions of clients on every server and pool of the cluster, Mooring's own left out.
     *
     * @param networks that might connect; null for every network
     * @return empty where that cannot be told: of such a cluster, or while it does not run here
     */
    default Uni<Optional<List<ClientSessions>>> sessions(UUID cluster, @Nullable List<String> networks) {
        return Uni.createFrom().item(Optional.empty());
    }

    /**
     * The log of a cluster's server; nothing while it does not run here. Fails with {@link IllegalArgumentException} where nothing
     * could be called that, in words that begin with what that is.
     *
     * @param node as {@link #nodes} names it; null for the primary, or the first of equals
     * @param after what an answer before called next; null for the end
     * @param lines how many at most, of the end
     */
    Uni<ServerLog> log(UUID cluster, @Nullable String node, @Nullable String after, int lines);

    /**
     * What the recovery of a cluster to a moment would begin with, by what its archive has; the cluster may be gone. Fails with
     * {@link dev.mooring.operation.OperationFailed} when that moment cannot be recovered.
     *
     * @param at null for everything that is archived
     * @return empty where nothing can be recovered
     */
    default Uni<Optional<RecoveryPreview>> recovery(UUID cluster, @Nullable Instant at) {
        return Uni.createFrom().item(Optional.empty());
    }

    /** Those of the ports of this machine that another program has. */
    Uni<List<Integer>> taken(List<Integer> ports);

    /** Told when a cluster had died and was started again. */
    void onRestart(RestartListener listener);

    /** Told when another node has taken the place of a primary that was lost. */
    void onFailover(FailoverListener listener);

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
     * @param rangeSetting what an administrator sets to widen it
     * @param archive where the archives of this node's clusters are; nodes with the same can recover each other's
     * @param archiveGrace how long the archive of a deleted cluster is kept
     * @param versions exact version by major version, for each engine
     * @param upgradeTargets major versions that a brief upgrade reaches; empty as long as that is being found out
     */
    record Offer(
            String host,
            int firstPort,
            int lastPort,
            String rangeSetting,
            String archive,
            Duration archiveGrace,
            Map<String, Map<String, String>> versions,
            List<String> upgradeTargets) {}

    /** What connection pools clusters can have. */
    interface Pooling {

        /** Of every mode and for every database; all pools of a cluster are reached at its endpoint {@link Endpoints.Role#POOL}. */
        Pooling OF_ANY_KIND = new Pooling() {};

        /**
         * Where a pool is reached by the name of its database, on a plane where each has an address of its own; empty where it is reached
         * with all others, by its own name in place of a database's.
         */
        default Optional<Endpoints.Endpoint> address(UUID cluster, String pool) {
            return Optional.empty();
        }

        /** Why read-only nodes can have none; empty where they can. */
        default Optional<String> ofFollowers() {
            return Optional.empty();
        }

        /** Why there can be no pool of that mode; empty where there can be one. */
        default Optional<String> refusal(ClusterSpec.PoolMode mode) {
            return Optional.empty();
        }

        /** Why there can be no pool in front of that database; empty where there can be one. */
        default Optional<String> refusal(String database) {
            return Optional.empty();
        }
    }

    interface RestartListener {
        /** @param node which of the cluster's servers, where these are equals; else null */
        void restarted(UUID cluster, @Nullable String node);
    }

    /** Called on threads that may block. */
    interface FailoverListener {
        /**
         * At least once for each, also for one that happened while nobody listened.
         *
         * @param failover always the same for the same one: the operation that tells of it
         */
        void failedOver(UUID cluster, UUID failover);
    }

    /** Called on threads that may block. */
    interface ArchiveListener {
        /**
         * @param since everything committed before can be recovered
         */
        void failing(UUID cluster, Instant since, @Nullable String reason);

        void recovered(UUID cluster);

        /** WAL is lost for the archive: a new base backup is needed. */
        void gap(UUID cluster);
    }
}
