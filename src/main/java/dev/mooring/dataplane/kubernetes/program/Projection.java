package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.client.PostgresImages;
import dev.mooring.dataplane.kubernetes.client.Quantities;
import dev.mooring.dataplane.kubernetes.object.AccessObjects;
import dev.mooring.dataplane.kubernetes.object.ClusterObject;
import dev.mooring.dataplane.kubernetes.object.MemberObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.PoolObjects;
import dev.mooring.dataplane.kubernetes.object.SpecMemory;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.dataplane.kubernetes.server.OperatorWord;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.dataplane.kubernetes.server.Sessions;
import dev.mooring.home.Vault;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Specs as objects: made what they should be, and looked at until they are. Everything here may be done again at any time. */
@Singleton
public class Projection {

    private final KubeObjects objects;
    final Vault vault;
    private final KubernetesSettings settings;
    private final PostgresImages images;
    private final Archive archive;
    private final SpecMemory memory;
    private final Following following;

    Projection(
            KubeObjects objects,
            KubernetesSettings settings,
            PostgresImages images,
            Archive archive,
            Following following,
            Vault vault,
            SpecMemory memory) {
        this.objects = objects;
        this.settings = settings;
        this.images = images;
        this.archive = archive;
        this.following = following;
        this.vault = vault;
        this.memory = memory;
    }

    /**
     * The cluster and who may reach it.
     *
     * @throws OperationFailed when its Cluster is gone: another one of the name would be empty
     */
    public void apply(ClusterSpec wish) {
        apply(wish, Optional.of(present(wish)));
    }

    /** The same for one that may not be there yet. */
    public void create(ClusterSpec wish) {
        apply(wish, live(wish.id()));
    }

    private void apply(ClusterSpec wish, Optional<Live> live) {
        ClusterSpec spec = whole(wish);
        ClusterSpec.User admin = spec.users().stream()
                .filter(ClusterSpec.User::primary)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("cluster " + spec.id() + " has no administrator"));
        // Closed before there is anything to be reached.
        objects.apply(policy(spec));
        objects.apply(MemberObjects.secret(spec.id(), admin.name(), vault.unseal(admin.secret())));
        if (spec.follows() != null) {
            following.apply(spec, vault);
        }
        ClusterObject.Kept kept = kept(spec, live);
        archive.apply(spec, kept);
        objects.apply(ClusterObject.of(spec, kept, objects.namespace()), live);
    }

    private KubeObject policy(ClusterSpec spec) {
        return AccessObjects.policy(
                spec, settings.operatorNamespace(), settings.controlNamespace(), settings.placeOfApps());
    }

    /** Every object as a cluster that is there has it by its spec, but those of its archive. */
    List<KubeObject> wanted(ClusterSpec wish, Live live) {
        ClusterSpec spec = whole(wish);
        List<KubeObject> all = new ArrayList<>(
                List.of(policy(spec), ClusterObject.of(spec, kept(spec, Optional.of(live)), objects.namespace())));
        all.addAll(new Members(this, wish).wanted());
        wish.pools().forEach(pool -> all.add(PoolObjects.of(wish, pool)));
        return all;
    }

    /** The same spec; that of a read-only node with what is its source's. */
    private ClusterSpec whole(ClusterSpec spec) {
        return spec.follows() == null || Following.isWhole(spec) ? spec : Following.whole(spec, source(spec), null);
    }

    /** A read-only node as its source's changes leave it; nothing happens where it is none any more, or is changed itself just now. */
    void follow(ClusterSpec whole) {
        following.alone(() -> {
            Optional<Live> live = live(whole.id());
            // Bound to what was seen: another worker may end the following just now.
            if (live.filter(seen -> following.goesOn(whole, seen)).isPresent()) {
                apply(whole, live);
            }
        });
    }

    /** For what ends the following. */
    public void alone(Runnable work) {
        following.alone(work);
    }

    /**
     * What is in force of the cluster that a read-only node follows.
     *
     * @throws OperationFailed when that is gone
     */
    public ClusterSpec source(ClusterSpec node) {
        return remembered(node.requiredFollows())
                .orElseThrow(() -> new OperationFailed("the cluster " + node.follows()
                        + " that the read-only node follows is gone. Nothing was changed."));
    }

    public Archive archive() {
        return archive;
    }

    public KubeObjects objects() {
        return objects;
    }

    private ClusterObject.Kept kept(ClusterSpec spec, Optional<Live> present) {
        String wanted = archive.wanted(spec) ? Names.archivedServer(spec.id()) : null;
        return present.map(live -> new ClusterObject.Kept(
                        live.text("spec", "imageName")
                                .orElseGet(() -> images.of(spec.version()).image()),
                        live.text("spec", "storage", "storageClass").orElse(null),
                        storageMib(live),
                        Archive.server(live).orElse(wanted),
                        Archive.recovered(live),
                        following.copied(spec, live)))
                .orElseGet(() -> new ClusterObject.Kept(
                        following
                                .image(spec)
                                .orElseGet(() -> images.of(spec.version()).image()),
                        settings.storageClass().orElse(null),
                        0,
                        wanted,
                        archive.recovered(spec),
                        following.copied(spec, null)));
    }

    public Optional<Live> live(UUID cluster) {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster));
    }

    /** @throws OperationFailed where no image is known */
    public void requireImage(ClusterSpec spec) {
        newest(spec);
    }

    /**
     * The newest minor version that is known of the spec's major.
     *
     * @throws OperationFailed where none is
     */
    public PostgresImages.Release newest(ClusterSpec spec) {
        return images.of(spec.version());
    }

    /** @throws OperationFailed when there is no such cluster any more */
    public String image(ClusterSpec spec) {
        return present(spec).text("spec", "imageName").orElse("");
    }

    /**
     * Lets the servers run an image. Nothing else of the cluster may change together with it: the operator refuses a change of both
     * image and parameters.
     *
     * @throws OperationFailed when there is no such cluster any more
     */
    public void run(ClusterSpec spec, String image) {
        Live live = present(spec);
        if (!live.text("spec", "imageName").orElse("").equals(image)) {
            run(spec, image, kept(spec, Optional.of(live)).archive());
        }
    }

    /**
     * The same for servers that are archived by another name from then on.
     *
     * @param server is not looked at where they are not archived
     */
    public void run(ClusterSpec spec, String image, @Nullable String server) {
        Optional<Live> live = Optional.of(present(spec));
        objects.apply(ClusterObject.of(whole(spec), kept(spec, live).from(image, server), objects.namespace()), live);
    }

    /** MiB that each volume has, or is to have: they never get less. */
    public static int storageMib(Live cluster) {
        return (int) (Quantities.bytes(cluster.text("spec", "storage", "size").orElse("0")) >> 20);
    }

    /** Lets servers that have another image and do not come up with it be made anew: the operator waits for them, whatever it is told. */
    public void replaceStuck(ClusterSpec spec, String image) {
        replaceStuck(spec, instance -> !instance.image().equals(image));
    }

    /**
     * The same for those that no node has taken with the size that they were to get.
     *
     * @return whether there was one
     */
    boolean replaceStuck(ClusterSpec spec) {
        return replaceStuck(
                spec,
                instance -> instance.phase().equals("Pending") && !Quantities.fit(instance.resources(), spec.size()));
    }

    private boolean replaceStuck(ClusterSpec spec, Predicate<Instances.Instance> other) {
        List<Instances.Instance> stuck = instances(spec.id()).all().stream()
                .filter(instance -> !instance.ready() && other.test(instance))
                .toList();
        stuck.forEach(instance -> objects.delete(Kind.POD, instance.name()));
        return !stuck.isEmpty();
    }

    public Live present(ClusterSpec spec) {
        return live(spec.id())
                .orElseThrow(() -> new OperationFailed("the Cluster " + Names.cluster(spec.id()) + " of the namespace "
                        + objects.namespace() + " is gone. Nothing was changed."));
    }

    /** Whether the operator has made the servers what the spec says, as far as it can be seen without asking them. */
    public Optional<Waiting> servers(ClusterSpec spec) {
        Optional<Waiting> unhealthy = word(spec.id()).healthy(spec.nodes());
        if (unhealthy.isPresent()) {
            return unhealthy;
        }
        boolean archived = archive.has(spec.id());
        for (Instances.Instance instance : instances(spec.id()).all()) {
            if (archived && !instance.archives()) {
                return Optional.of(
                        Waiting.on("the server " + instance.name() + " is to be replaced by one that is archived"));
            }
            if (!Quantities.fit(instance.resources(), spec.size())) {
                return Optional.of(Waiting.on("the server " + instance.name() + " is to get its new size"));
            }
        }
        for (Live claim : objects.list(Kind.CLAIM, Names.ofOperator(spec.id()))) {
            String capacity = claim.text("status", "capacity", "storage").orElse("0");
            if (Quantities.bytes(capacity) < (long) spec.size().storageMib() << 20) {
                return Optional.of(Waiting.on("the volume " + claim.name() + " has " + capacity + " and is to have "
                        + spec.size().storageMib() + "Mi"));
            }
        }
        return Optional.empty();
    }

    public OperatorWord word(UUID cluster) {
        return new OperatorWord(objects, cluster);
    }

    public Instances instances(UUID cluster) {
        return new Instances(objects, cluster);
    }

    /** Empty before Mooring can log in. */
    public Optional<Effects> effects(ClusterSpec spec) {
        return effects(spec.id(), spec.version());
    }

    /** @param version of its servers */
    public Optional<Effects> effects(UUID cluster, String version) {
        Instances instances = instances(cluster);
        return Sessions.of(instances, version).map(sessions -> new Effects(instances, sessions));
    }

    /** Whether the servers themselves have what the spec says. */
    Optional<Waiting> missing(ClusterSpec spec) {
        Optional<Effects> effects = effects(spec);
        if (effects.isEmpty()) {
            return Optional.of(Waiting.on("CloudNativePG has not made the cluster's CA yet"));
        }
        try {
            return effects.get().missing(whole(spec));
        } catch (SQLException e) {
            return Optional.of(KubernetesProgram.unanswered(e));
        }
    }

    /** Tells those of the CA who may not read the secret that it is in; nothing changes as long as it is the same. */
    public void publishAuthority(UUID cluster) {
        Optional<Live> live = live(cluster);
        live.flatMap(found -> instances(cluster).authority(found))
                .ifPresent(pem -> objects.apply(AccessObjects.authority(cluster, pem, Instances.renewal(live.get()))));
    }

    /** What a refused change goes back to. */
    public void remember(ClusterSpec spec) {
        memory.keep(Names.memory(spec.id()), spec);
    }

    /** Empty for a cluster that never came to be. */
    public Optional<ClusterSpec> remembered(UUID cluster) {
        return memory.find(Names.memory(cluster));
    }
}
