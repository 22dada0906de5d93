package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.ArchiveObjects;
import dev.mooring.dataplane.kubernetes.object.ClusterObject;
import dev.mooring.dataplane.kubernetes.object.MemberObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.ReplicaObjects;
import dev.mooring.engine.postgres.AtLeast;
import dev.mooring.engine.postgres.PlanParameters;
import dev.mooring.home.Vault;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a read-only node has beside what every cluster has. */
@Singleton
class Following {

    /** PostgreSQL's documentation, "Administrator's Overview" of hot standby: who follows may not have less. */
    private static final List<String> NO_LESS = List.of(
            "max_connections",
            "max_prepared_transactions",
            "max_locks_per_transaction",
            "max_wal_senders",
            "max_worker_processes");

    private final KubeObjects objects;
    private final ReentrantLock parting = new ReentrantLock();

    Following(KubeObjects objects) {
        this.objects = objects;
    }

    /** What goes with its Cluster: Mooring's way in, which is the source's, and its own way to the source. */
    void apply(ClusterSpec whole, Vault vault) {
        objects.apply(ReplicaObjects.way(whole.id(), whole.requiredFollows()));
        objects.apply(MemberObjects.secret(whole.id(), Names.CONTROL, vault.unseal(whole.superuserSecret())));
    }

    /** Its source's changes are made by others than its own: what ends the following, and what goes on with it, wait for each other. */
    void alone(Runnable work) {
        parting.lock();
        try {
            work.run();
        } finally {
            parting.unlock();
        }
    }

    /** Whether it still follows, and is not about to get a later revision of its own, with which the source is looked at as well. */
    boolean goesOn(ClusterSpec node, Live cluster) {
        return Optional.of(cluster)
                .filter(live -> !live.going())
                .filter(live -> live.label(Names.FOLLOWS_LABEL)
                        .filter(node.requiredFollows().toString()::equals)
                        .isPresent())
                .flatMap(live -> live.text("spec", "postgresql", "parameters", ClusterObject.REVISION))
                .filter(revision -> Long.parseLong(revision) <= node.revision())
                .isPresent();
    }

    /** @param live null for one that is to be made; what a promoted one was copied of stays in its object */
    ReplicaObjects.@Nullable Copied copied(ClusterSpec spec, @Nullable Live live) {
        if (spec.follows() != null) {
            return new ReplicaObjects.Copied(
                    Names.cluster(spec.follows()), spec.follows().toString(), archive(spec.id(), spec.follows()));
        }
        return live == null
                ? null
                : live.text("spec", "bootstrap", "pg_basebackup", "source")
                        .map(source -> new ReplicaObjects.Copied(source, Names.FOLLOWS_NONE, Archive.external(live)))
                        .orElse(null);
    }

    private ArchiveObjects.@Nullable Recovered archive(UUID node, UUID source) {
        return cluster(source)
                .flatMap(Archive::server)
                .map(server -> new ArchiveObjects.Recovered(Names.origin(node), server, null))
                .orElse(null);
    }

    /** That of the cluster that is followed, whatever minor version is the newest. */
    Optional<String> image(ClusterSpec spec) {
        return Optional.ofNullable(spec.follows())
                .flatMap(this::cluster)
                .flatMap(source -> source.text("spec", "imageName"));
    }

    private Optional<Live> cluster(UUID cluster) {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster));
    }

    static boolean isWhole(ClusterSpec node) {
        return node.parameters().containsKey(ClusterObject.FOLLOWED);
    }

    /**
     * A read-only node with what it has of its source: users, passwords and settings; what its own plan has more of it uses.
     *
     * @param beside what the source has, or has had, at the same time; null for nothing else
     */
    static ClusterSpec whole(ClusterSpec node, ClusterSpec source, @Nullable ClusterSpec beside) {
        Map<String, String> parameters = all(source);
        parameters.putAll(AtLeast.over(parameters, PlanParameters.of(node.size())));
        String followed = Long.toString(source.revision());
        if (beside != null && beside.revision() != source.revision()) {
            followed += "+" + beside.revision();
            Map<String, String> others = all(beside);
            for (String name : NO_LESS) {
                most(parameters.get(name), others.get(name))
                        .ifPresent(most -> parameters.put(name, Integer.toString(most)));
            }
        }
        parameters.put(ClusterObject.FOLLOWED, followed);
        return node.withParameters(parameters)
                .withUsers(source.users())
                .withSuperuserSecret(source.superuserSecret())
                .withPoolSettings(source.poolSettings());
    }

    private static Map<String, String> all(ClusterSpec spec) {
        Map<String, String> parameters = new TreeMap<>(PlanParameters.of(spec.size()));
        parameters.putAll(spec.parameters());
        return parameters;
    }

    /** Whether the other has more of something of which who follows may not have less. */
    static boolean moreThan(ClusterSpec spec, ClusterSpec other) {
        Map<String, String> has = all(spec);
        Map<String, String> wanted = all(other);
        return NO_LESS.stream()
                .filter(wanted::containsKey)
                .anyMatch(name ->
                        !has.containsKey(name) || Integer.parseInt(has.get(name)) < Integer.parseInt(wanted.get(name)));
    }

    private static OptionalInt most(@Nullable String one, @Nullable String other) {
        return Stream.of(one, other)
                .filter(value -> value != null)
                .mapToInt(Integer::parseInt)
                .max();
    }
}
