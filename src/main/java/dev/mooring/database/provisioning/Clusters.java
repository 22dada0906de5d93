package dev.mooring.database.provisioning;

import dev.mooring.access.Caller;
import dev.mooring.access.Regions;
import dev.mooring.access.account.Project;
import dev.mooring.access.account.Vpc;
import dev.mooring.database.backup.RecoverySource;
import dev.mooring.database.backup.RecoverySources;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.network.FirewallRules;
import dev.mooring.database.network.HostNameClaims;
import dev.mooring.database.network.HostNames;
import dev.mooring.database.placement.Nodes;
import dev.mooring.database.tag.Tags;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hibernate.exception.ConstraintViolationException;
import org.jspecify.annotations.Nullable;

/** The beginning and the end of clusters. */
@ApplicationScoped
public class Clusters {

    private final ClusterSpecs wishes;
    private final EngineCatalog engines;
    private final DataPlanes planes;
    private final Nodes nodes;
    private final ClusterFactory births;
    private final RecoverySources sources;
    private final FirewallRules firewall;
    private final Inheritance inheritance;
    private final HostNameClaims claims;
    private final Tags tags;
    private final TeamQuota quota;
    private final Regions regions;
    private final Caller caller;
    private final Clock clock;

    Clusters(
            ClusterSpecs wishes,
            EngineCatalog engines,
            DataPlanes planes,
            Nodes nodes,
            ClusterFactory births,
            RecoverySources sources,
            FirewallRules firewall,
            Inheritance inheritance,
            HostNameClaims claims,
            Tags tags,
            TeamQuota quota,
            Regions regions,
            Caller caller,
            Clock clock) {
        this.wishes = wishes;
        this.engines = engines;
        this.planes = planes;
        this.nodes = nodes;
        this.births = births;
        this.sources = sources;
        this.firewall = firewall;
        this.inheritance = inheritance;
        this.claims = claims;
        this.tags = tags;
        this.quota = quota;
        this.regions = regions;
        this.caller = caller;
        this.clock = clock;
    }

    /**
     * Writes the cluster and queues its provisioning in one transaction. Address and password are final from here on.
     *
     * @return the new cluster's id; fails with 422 naming everything that is wrong
     */
    Uni<UUID> create(NewCluster wanted) {
        return begin(
                wanted,
                offered -> check(wanted, offered),
                cluster -> List.of(births.admin(cluster)),
                Clusters::nameNotAvailable);
    }

    /** The same for who has rules of its own, and users of its own when nothing is recovered. */
    public Uni<UUID> begin(
            NewCluster wanted,
            Consumer<List<String>> check,
            Function<Cluster, List<ClusterUser>> users,
            Supplier<ApiException> nameTaken) {
        Engine engine = engine(wanted);
        return nodes.versions(engine.slug())
                .chain(offered -> {
                    check.accept(offered);
                    NewCluster.BackupRestore from = wanted.backupRestore();
                    if (from != null) {
                        return sources.named(caller.team(), Objects.requireNonNull(from.databaseName(), "checked"))
                                .chain(source -> Panache.withTransaction(
                                        () -> recover(wanted, source, moment(from.backupCreatedAt()))));
                    }
                    String version = Objects.requireNonNullElseGet(
                            NewCluster.orNull(wanted.version()), () -> engine.defaultOf(offered));
                    return Panache.withTransaction(() -> insert(wanted, version, Cluster.CREATING, null, users));
                })
                .onFailure(Clusters::nameTaken)
                .transform(failure -> nameTaken.get());
    }

    /** The one that is asked for; where there is none, the check says so. */
    private Engine engine(@Nullable NewCluster wanted) {
        if (wanted == null) {
            throw ApiException.badRequest("error parsing request body: a JSON object is required");
        }
        return Optional.ofNullable(wanted.engine())
                .flatMap(engines::find)
                .orElseGet(() -> engines.get(PostgresEngine.ENGINE));
    }

    private void check(NewCluster wanted, List<String> offered) {
        Engine engine = engine(wanted);
        Problems problems = new Problems();
        ClusterRules.name(problems, wanted.name());
        boolean knownEngine = problems.check(
                engine.slug().equals(wanted.engine()),
                "engine",
                "must be one of " + String.join(", ", engines.slugs()));
        if (knownEngine && offered.isEmpty()) {
            problems.add("engine: " + engine.name() + " is not offered: "
                    + planes.missing(engine.slug()).orElse("no worker node that is up has it"));
        } else if (knownEngine && NewCluster.orNull(wanted.version()) != null && !offered.contains(wanted.version())) {
            problems.add("invalid cluster engine version: version must be one of " + String.join(", ", offered));
        }
        ClusterRules.plan(problems, engine.plans(), wanted.size(), wanted.storageSizeMib());
        ClusterRules.region(problems, wanted.region(), regions);
        ClusterRules.nodes(problems, wanted.numNodes(), nodes.counts(engine));
        if (wanted.backupRestore() != null) {
            problems.check(
                    NewCluster.orNull(wanted.backupRestore().databaseName()) != null,
                    "backup_restore.database_name",
                    "is required");
            checkTime(problems, wanted.backupRestore().backupCreatedAt());
        }
        problems.check(!wanted.wantsAutoscale(), "storage_autoscale", "is not available in this version of Mooring");
        Tags.check(problems, wanted.tags());
        FirewallRules.check(problems, wanted.rules());
        if (wanted.doSettings() != null) {
            HostNames.check(
                    problems, "do_settings.service_cnames", wanted.doSettings().serviceCnames());
        }
        ClusterRules.id(problems, "project_id", wanted.projectId());
        ClusterRules.id(problems, "private_network_uuid", wanted.privateNetworkUuid());
        problems.throwIfAny();
    }

    private static void checkTime(Problems problems, @Nullable String time) {
        try {
            moment(time);
        } catch (DateTimeParseException e) {
            problems.add(
                    "backup_restore.backup_created_at: must be a time as in RFC 3339, such as 2026-11-24T21:41:18Z");
        }
    }

    private static @Nullable Instant moment(@Nullable String time) {
        String present = NewCluster.orNull(time);
        return present == null ? null : OffsetDateTime.parse(present).toInstant();
    }

    /** Users, passwords and configuration are the source's; and what {@link Inheritance} says, unless others are wanted. */
    private Uni<UUID> recover(NewCluster wanted, RecoverySource source, @Nullable Instant at) {
        if (!source.engine().equals(wanted.engine())) {
            throw ApiException.unprocessable("engine: must be " + source.engine() + ", that of " + source.name());
        }
        source.check("backup_restore.backup_created_at", at, clock.instant());
        String version = source.versionAt(at);
        String asked = NewCluster.orNull(wanted.version());
        if (asked != null && !asked.equals(version)) {
            throw ApiException.unprocessable(
                    "version: must be " + version + ", that of " + source.name() + " at that time, or absent");
        }
        return insert(
                wanted, version, Cluster.FORKING, new Recovered(source, at), cluster -> births.users(cluster, source));
    }

    /**
     * @param at null for everything that was committed
     */
    private record Recovered(
            RecoverySource source, @Nullable Instant at) {
        ClusterFactory.Recovery recovery() {
            return new ClusterFactory.Recovery(
                    new ClusterSpec.Origin(source.id(), at == null ? null : at.toString(), source.superuserSecret()),
                    source.archive());
        }
    }

    private Uni<UUID> insert(
            NewCluster wanted,
            String version,
            String status,
            @Nullable Recovered recovered,
            Function<Cluster, List<ClusterUser>> users) {
        Engine engine = engine(wanted);
        Plan plan = engine.plan(wanted.size()).orElseThrow();
        String region = Objects.requireNonNull(wanted.region(), "checked");
        String name = Objects.requireNonNull(wanted.name(), "checked");
        Cluster cluster = births.cluster(caller.team(), name, engine, version, plan, region);
        cluster.status = status;
        cluster.numNodes = Objects.requireNonNull(wanted.numNodes(), "checked");
        cluster.serviceCnames = "[]";
        return (recovered == null ? Uni.createFrom().voidItem() : inheritance.apply(cluster, recovered.source(), plan))
                .chain(() -> asked(cluster, wanted))
                // Before a place is reserved: whoever changes an app holds the app first, too.
                .chain(() -> rules(wanted, recovered))
                .call(() -> quota.check(cluster))
                .chain(rules -> births.begin(
                        cluster,
                        recovered == null ? null : recovered.recovery(),
                        users.apply(cluster),
                        births.database(cluster, engine.firstDatabase()),
                        () -> firewall.replace(cluster, rules)
                                .chain(() -> tags.tag(cluster.team, cluster.id, tags(wanted, recovered)))))
                .replaceWith(cluster.id);
    }

    /** What is asked for goes before what there is by default, or of the cluster that is recovered. */
    private Uni<Void> asked(Cluster cluster, NewCluster wanted) {
        if (wanted.storageSizeMib() != null && wanted.storageSizeMib() != 0) {
            cluster.storageSizeMib = wanted.storageSizeMib();
        }
        List<String> own =
                wanted.doSettings() == null ? null : wanted.doSettings().serviceCnames();
        if (own != null) {
            cluster.serviceCnames = wishes.json(own);
        }
        List<String> names = own == null ? List.of() : own;
        boolean ownProject = NewCluster.orNull(wanted.projectId()) != null || cluster.projectId == null;
        boolean ownNetwork = NewCluster.orNull(wanted.privateNetworkUuid()) != null || cluster.vpc == null;
        return (ownProject ? project(wanted.projectId()) : Uni.createFrom().item(cluster.projectId))
                .invoke(project -> cluster.projectId = project)
                .chain(() -> ownNetwork
                        ? network(wanted.privateNetworkUuid(), wanted.region())
                        : Uni.createFrom().item(cluster.vpc))
                .invoke(vpc -> cluster.vpc = vpc)
                .chain(() -> claims.claim(cluster.id, names));
    }

    /** The name of a cluster may be in use again, and a fork beside its source is not what the source's tags say. */
    private static @Nullable List<String> tags(NewCluster wanted, @Nullable Recovered recovered) {
        return wanted.tags() != null
                        || recovered == null
                        || !recovered.source().traits().deleted()
                ? wanted.tags()
                : recovered.source().traits().tags();
    }

    /**
     * An empty list is none of its own: what is recovered never opens by that, whatever its client sends for what it does not
     * set.
     */
    private Uni<List<NewCluster.RuleInput>> rules(NewCluster wanted, @Nullable Recovered recovered) {
        boolean others = wanted.rules() != null && !wanted.rules().isEmpty();
        if (others || recovered == null) {
            return Uni.createFrom().item(wanted.rules() == null ? List.of() : wanted.rules());
        }
        return firewall.inherited(caller.team(), recovered.source().traits().rules());
    }

    private Uni<UUID> project(@Nullable String wanted) {
        return NewCluster.orNull(wanted) == null
                ? Project.holdDefault(caller.team())
                : Project.hold(caller.team(), UUID.fromString(wanted))
                        .onItem()
                        .ifNull()
                        .failWith(() -> ApiException.unprocessable("project_id: there is no such project"));
    }

    /**
     * @param wanted id of a network; null or empty for the region's own
     * @return null when the region has none
     */
    public Uni<UUID> network(@Nullable String wanted, @Nullable String region) {
        String id = NewCluster.orNull(wanted);
        Uni<Vpc> found = id == null
                ? Vpc.<Vpc>find("team = ?1 and region = ?2 and isDefault", caller.team(), region)
                        .firstResult()
                : Vpc.<Vpc>find("team = ?1 and id = ?2", caller.team(), UUID.fromString(id))
                        .firstResult();
        return found.map(vpc -> {
            if (vpc == null && id != null) {
                throw ApiException.unprocessable("private_network_uuid: there is no such network");
            }
            return vpc == null ? null : vpc.id;
        });
    }

    public static ApiException nameNotAvailable() {
        return ApiException.unprocessable("cluster name is not available");
    }

    public static boolean nameTaken(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConstraintViolationException violation
                    && "cluster_name".equals(violation.getConstraintName())) {
                return true;
            }
        }
        return false;
    }
}
