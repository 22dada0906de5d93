package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.AccessObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.PoolObjects;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Connection pools of a cluster whose users and databases are there. */
public record Poolers(Projection projection, ClusterSpec spec) {

    /** @return what is left to wait for; empty when each pool works as the spec says */
    public Optional<Waiting> settle() {
        return apply().stream().flatMap(pooler -> missing(pooler).stream()).findFirst();
    }

    /** Makes them what they should be, and does not wait. */
    List<Live> apply() {
        List<Live> applied = new ArrayList<>();
        spec.pools().forEach(pool -> applied.add(projection.objects().apply(PoolObjects.of(spec, pool))));
        return applied;
    }

    /** The operator says nothing of which revision a pool has: so it is asked. */
    private Optional<Waiting> missing(Live pooler) {
        Optional<Waiting> waiting = projection.word(spec.id()).pool(pooler, PoolObjects.INSTANCES);
        if (waiting.isPresent()) {
            return waiting;
        }
        Optional<Effects> effects = projection.effects(spec);
        if (effects.isEmpty()) {
            return Optional.of(Waiting.on("CloudNativePG has not made the cluster's CA yet"));
        }
        for (Instances.Instance pod : projection.instances(spec.id()).poolers(pooler.name())) {
            waiting = unknown(pod);
            if (waiting.isEmpty()) {
                waiting = effects.get().missing(pod, spec.revision());
            }
            if (waiting.isPresent()) {
                return waiting;
            }
        }
        return Optional.empty();
    }

    /** Where the servers let in networks alone, they have to have heard of the pod. */
    private Optional<Waiting> unknown(Instances.Instance pod) {
        boolean known = spec.sources() == null
                || projection.live(spec.id()).stream()
                        .flatMap(cluster -> cluster.each("status", "podSelectorRefs").stream())
                        .filter(reference -> AccessObjects.POOLERS.equals(reference.get("name")))
                        .anyMatch(reference ->
                                reference.get("ips") instanceof List<?> addresses && addresses.contains(pod.address()));
        return known
                ? Optional.empty()
                : Optional.of(Waiting.on("the servers do not let in the connection pool at " + pod.name() + " yet"));
    }

    private Set<String> wanted() {
        return spec.pools().stream()
                .map(pool -> Names.pooler(spec.id(), pool.name()))
                .collect(Collectors.toSet());
    }

    /** Ends those that are gone from the spec. */
    void dropOthers() {
        Set<String> wanted = wanted();
        for (Live pooler : projection.objects().list(Kind.POOLER, Names.labels(spec.id()))) {
            if (!wanted.contains(pooler.name())) {
                projection.objects().delete(Kind.POOLER, pooler.name());
            }
        }
    }

    /** @return empty when no pool takes clients that is gone from the spec */
    public Optional<Waiting> drop() {
        dropOthers();
        Set<String> wanted = wanted();
        long left = projection.objects().list(Kind.POD, Names.ofPoolers(spec.id())).stream()
                .filter(pod ->
                        pod.label(Names.POOLER_LABEL).filter(wanted::contains).isEmpty())
                .count();
        return left == 0 ? Optional.empty() : Optional.of(Waiting.on(left + " pods of connection pools are ending"));
    }
}
