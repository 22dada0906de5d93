package dev.mooring.database.provisioning;

import dev.mooring.database.backup.RecoverySource;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterDatabase;
import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.MemberState;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.placement.Nodes;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The rows of a new cluster, and the operation that makes it real. */
@ApplicationScoped
public class ClusterFactory {

    private static final List<String> DAYS =
            List.of("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday");

    public static final int RETENTION_HOURS = 7 * 24;
    private static final int DEV_RETENTION_HOURS = 24;

    private final ClusterQueue queue;
    private final ClusterSpecs wishes;
    private final EngineCatalog engines;
    private final Nodes nodes;
    private final Vault vault;
    private final Clock clock;

    ClusterFactory(
            ClusterQueue queue, ClusterSpecs wishes, EngineCatalog engines, Nodes nodes, Vault vault, Clock clock) {
        this.queue = queue;
        this.wishes = wishes;
        this.engines = engines;
        this.nodes = nodes;
        this.vault = vault;
        this.clock = clock;
    }

    /**
     * @param archive where the origin's archive lies
     */
    public record Recovery(ClusterSpec.Origin origin, String archive) {}

    /** A cluster of one node that is not placed yet. */
    public Cluster cluster(UUID team, String name, Engine engine, String version, Plan plan, String region) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        Cluster cluster = new Cluster();
        cluster.id = UUID.randomUUID();
        cluster.team = team;
        cluster.name = name;
        cluster.engine = engine.slug();
        cluster.version = version;
        cluster.numNodes = 1;
        cluster.size = plan.slug();
        cluster.region = region;
        cluster.storageSizeMib = plan.storageMib();
        cluster.status = Cluster.CREATING;
        cluster.superuserSecret = newSecret();
        cluster.maintenanceDay = DAYS.get(random.nextInt(DAYS.size()));
        cluster.maintenanceHour = "%02d:00:00".formatted(random.nextInt(24));
        cluster.config = "{}";
        cluster.serviceCnames = "[]";
        cluster.revision = 1;
        cluster.retentionHours = plan.equals(Plan.DEV) ? DEV_RETENTION_HOURS : RETENTION_HOURS;
        cluster.backupWanted = true;
        cluster.createdAt = OffsetDateTime.now(clock);
        return cluster;
    }

    /** A sealed password for a data plane's own superuser. */
    public String newSecret() {
        return vault.seal(RandomText.password());
    }

    public ClusterUser admin(Cluster cluster) {
        ClusterUser admin = user(cluster, engines.get(cluster.engine).firstUser());
        admin.isPrimary = true;
        return admin;
    }

    public ClusterUser user(Cluster cluster, String name) {
        ClusterUser user = new ClusterUser();
        user.cluster = cluster.id;
        user.name = name;
        user.secret = vault.seal(RandomText.password());
        user.state = MemberState.ACTIVE;
        user.revision = cluster.revision;
        return user;
    }

    /** The source's, with their passwords. */
    public List<ClusterUser> users(Cluster cluster, RecoverySource source) {
        List<ClusterUser> users = new ArrayList<>();
        for (RecoverySource.User known : source.users()) {
            ClusterUser user = user(cluster, known.name());
            user.position = users.size();
            user.isPrimary = known.primary();
            user.replication = known.replication();
            user.secret = known.secret();
            user.dbosRole = known.dbosRole();
            users.add(user);
        }
        return users;
    }

    /** Null for none. */
    public @Nullable ClusterDatabase database(Cluster cluster, @Nullable String name) {
        if (name == null) {
            return null;
        }
        ClusterDatabase database = new ClusterDatabase();
        database.cluster = cluster.id;
        database.name = name;
        database.state = MemberState.ACTIVE;
        database.revision = cluster.revision;
        return database;
    }

    /**
     * In the caller's transaction: places the cluster, writes it with its members and queues its provisioning.
     *
     * @param more what else belongs to it; runs when the cluster's row is there
     */
    public Uni<Void> begin(
            Cluster cluster, List<ClusterUser> users, @Nullable ClusterDatabase database, Supplier<Uni<Void>> more) {
        return begin(cluster, null, users, database, more);
    }

    /**
     * @param recovery what it begins with; null to begin empty
     */
    public Uni<Void> begin(
            Cluster cluster,
            @Nullable Recovery recovery,
            List<ClusterUser> users,
            @Nullable ClusterDatabase database,
            Supplier<Uni<Void>> more) {
        return nodes.reserve(cluster, recovery == null ? null : recovery.archive())
                .invoke(place -> {
                    cluster.plane = place.plane();
                    cluster.node = place.node();
                    cluster.endpoints = wishes.json(place.endpoints());
                    cluster.semanticVersion = place.exactVersion();
                    cluster.appNetworks = wishes.appNetworks();
                })
                .chain(() -> cluster.persistAndFlush())
                .chain(() -> ClusterUser.persist(users))
                .chain(() -> database == null ? Uni.createFrom().voidItem() : database.persist())
                .chain(() -> more.get())
                .chain(() -> ClusterEvent.of(cluster, ClusterEvent.CREATE).persistAndFlush())
                .chain(() -> wishes.of(cluster))
                .chain(wish -> recovery == null
                        ? queue.change(Change.PROVISION, cluster, wish)
                        : queue.change(Change.RESTORE, cluster, wish.withOrigin(recovery.origin())))
                .replaceWithVoid();
    }
}
