package dev.mooring.database;

import dev.mooring.access.Caller;
import dev.mooring.access.Project;
import dev.mooring.access.Regions;
import dev.mooring.access.Vpc;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operations;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.hibernate.exception.ConstraintViolationException;

/** The beginning and the end of clusters. */
@ApplicationScoped
class Clusters {

    static final String ENGINE = "pg";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{1,61})[A-Za-z0-9]");
    private static final List<String> DAYS =
            List.of("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday");
    private static final int MOST_STORAGE_FACTOR = 16;

    private final Operations operations;
    private final DataPlane dataPlane;
    private final Wishes wishes;
    private final Nodes nodes;
    private final ClusterChanges changes;
    private final FirewallRules firewall;
    private final Tags tags;
    private final Vault vault;
    private final Regions regions;
    private final Caller caller;

    Clusters(
            Operations operations,
            DataPlane dataPlane,
            Wishes wishes,
            Nodes nodes,
            ClusterChanges changes,
            FirewallRules firewall,
            Tags tags,
            Vault vault,
            Regions regions,
            Caller caller) {
        this.operations = operations;
        this.dataPlane = dataPlane;
        this.wishes = wishes;
        this.nodes = nodes;
        this.changes = changes;
        this.firewall = firewall;
        this.tags = tags;
        this.vault = vault;
        this.regions = regions;
        this.caller = caller;
    }

    /**
     * Writes the cluster and queues its provisioning in one transaction. Address and password are final from here on.
     *
     * @return the new cluster's id; fails with 422 naming everything that is wrong
     */
    Uni<UUID> create(NewCluster wanted) {
        return nodes.majors(ENGINE)
                .chain(majors -> {
                    check(wanted, majors);
                    String version =
                            wanted.version() == null || wanted.version().isBlank()
                                    ? defaultVersion(majors)
                                    : wanted.version();
                    return Panache.withTransaction(() -> insert(wanted, version));
                })
                .onFailure(Clusters::nameTaken)
                .transform(failure -> ApiException.unprocessable("cluster name is not available"));
    }

    static String defaultVersion(List<String> majors) {
        return majors.contains(PostgresVersion.DEFAULT) || majors.isEmpty()
                ? PostgresVersion.DEFAULT
                : majors.getLast();
    }

    private void check(NewCluster wanted, List<String> majors) {
        if (wanted == null) {
            throw ApiException.badRequest("error parsing request body: a JSON object is required");
        }
        Problems problems = new Problems();
        problems.check(
                wanted.name() != null && NAME.matcher(wanted.name()).matches(),
                "name",
                "must have 3 to 63 letters, digits and dashes, and begin and end with a letter or digit");
        boolean knownEngine = problems.check(
                ENGINE.equals(wanted.engine()), "engine", "must be pg, the only engine of this version of Mooring");
        if (knownEngine && NewCluster.orNull(wanted.version()) != null && !majors.contains(wanted.version())) {
            problems.add("invalid cluster engine version: version must be one of " + String.join(", ", majors));
        }
        Plan plan = Plan.of(wanted.size());
        problems.check(plan != null, "size", "must be one of " + String.join(", ", Plan.slugs()));
        problems.check(
                wanted.region() != null && regions.has(wanted.region()),
                "region",
                "must be one of " + String.join(", ", regions.slugs()));
        problems.check(
                wanted.numNodes() != null && wanted.numNodes() >= 1 && wanted.numNodes() <= 3,
                "num_nodes",
                "must be 1, 2 or 3");
        if (wanted.numNodes() != null && (wanted.numNodes() == 2 || wanted.numNodes() == 3)) {
            problems.check(false, "num_nodes", "standby nodes are not available in this version of Mooring, use 1");
        }
        if (plan != null && wanted.storageSizeMib() != null && wanted.storageSizeMib() != 0) {
            problems.check(
                    wanted.storageSizeMib() >= plan.storageMib()
                            && wanted.storageSizeMib() <= plan.storageMib() * MOST_STORAGE_FACTOR,
                    "storage_size_mib",
                    "must be " + plan.storageMib() + " to " + plan.storageMib() * MOST_STORAGE_FACTOR + " for "
                            + plan.slug());
        }
        problems.check(
                wanted.backupRestore() == null || wanted.backupRestore().isNull(),
                "backup_restore",
                "restoring and forking are not available in this version of Mooring");
        problems.check(!wanted.wantsAutoscale(), "storage_autoscale", "is not available in this version of Mooring");
        Tags.check(problems, wanted.tags());
        FirewallRules.check(problems, wanted.rules());
        if (wanted.doSettings() != null) {
            HostNames.check(
                    problems, "do_settings.service_cnames", wanted.doSettings().serviceCnames());
        }
        checkId(problems, "project_id", wanted.projectId());
        checkId(problems, "private_network_uuid", wanted.privateNetworkUuid());
        problems.throwIfAny();
    }

    private static void checkId(Problems problems, String field, String id) {
        if (NewCluster.orNull(id) != null) {
            try {
                UUID.fromString(id);
            } catch (IllegalArgumentException e) {
                problems.add(field + ": is not a UUID");
            }
        }
    }

    private Uni<UUID> insert(NewCluster wanted, String version) {
        Plan plan = Plan.of(wanted.size());
        Cluster cluster = new Cluster();
        cluster.id = UUID.randomUUID();
        cluster.team = caller.team();
        cluster.name = wanted.name();
        cluster.engine = ENGINE;
        cluster.version = version;
        cluster.numNodes = wanted.numNodes();
        cluster.size = wanted.size();
        cluster.region = wanted.region();
        cluster.storageSizeMib = wanted.storageSizeMib() == null || wanted.storageSizeMib() == 0
                ? plan.storageMib()
                : wanted.storageSizeMib();
        cluster.status = Cluster.CREATING;
        cluster.superuserSecret = vault.seal(RandomText.password());
        cluster.maintenanceDay = DAYS.get(ThreadLocalRandom.current().nextInt(DAYS.size()));
        cluster.maintenanceHour =
                "%02d:00:00".formatted(ThreadLocalRandom.current().nextInt(24));
        cluster.config = "{}";
        cluster.serviceCnames = wishes.json(
                wanted.doSettings() == null || wanted.doSettings().serviceCnames() == null
                        ? List.of()
                        : wanted.doSettings().serviceCnames());
        cluster.revision = 1;
        cluster.createdAt = OffsetDateTime.now(ZoneOffset.UTC);
        return nodes.reserve(ENGINE, version)
                .invoke(place -> {
                    cluster.node = place.node();
                    cluster.host = place.host();
                    cluster.port = place.port();
                    cluster.semanticVersion = place.exactVersion();
                })
                .chain(() -> project(wanted.projectId()).invoke(project -> cluster.projectId = project))
                .chain(() -> network(wanted).invoke(vpc -> cluster.vpc = vpc))
                .chain(() -> cluster.persistAndFlush())
                .chain(() -> admin(cluster).persist())
                .chain(() -> firstDatabase(cluster).persist())
                .chain(() -> firewall.replace(cluster, wanted.rules() == null ? List.of() : wanted.rules()))
                .chain(() -> tags.tag(cluster.team, cluster.id, wanted.tags()))
                .chain(() -> ClusterEvent.of(cluster, ClusterEvent.CREATE).persistAndFlush())
                .chain(() -> wishes.of(cluster))
                .chain(wish -> operations.queue(
                        NewOperation.change(cluster.team, dataPlane.provision(), cluster.id, cluster.node, wish)))
                .replaceWith(cluster.id);
    }

    private ClusterUser admin(Cluster cluster) {
        ClusterUser admin = new ClusterUser();
        admin.cluster = cluster.id;
        admin.name = ClusterViews.ADMIN;
        admin.isPrimary = true;
        admin.secret = vault.seal(RandomText.password());
        admin.state = Presence.ACTIVE;
        admin.revision = cluster.revision;
        return admin;
    }

    private static ClusterDatabase firstDatabase(Cluster cluster) {
        ClusterDatabase database = new ClusterDatabase();
        database.cluster = cluster.id;
        database.name = ClusterViews.FIRST_DATABASE;
        database.state = Presence.ACTIVE;
        database.revision = cluster.revision;
        return database;
    }

    private Uni<UUID> project(String wanted) {
        Uni<Project> found = NewCluster.orNull(wanted) == null
                ? Project.<Project>find("team = ?1 and isDefault", caller.team())
                        .firstResult()
                : Project.<Project>find("team = ?1 and id = ?2", caller.team(), UUID.fromString(wanted))
                        .firstResult();
        return found.map(project -> {
            if (project == null) {
                throw ApiException.unprocessable("project_id: there is no such project");
            }
            return project.id;
        });
    }

    private Uni<UUID> network(NewCluster wanted) {
        String id = NewCluster.orNull(wanted.privateNetworkUuid());
        Uni<Vpc> found = id == null
                ? Vpc.<Vpc>find("team = ?1 and region = ?2 and isDefault", caller.team(), wanted.region())
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

    /** From the answer on nobody finds the cluster any more; its processes and files go as soon as they can. */
    Uni<Void> delete(String id) {
        return Panache.withTransaction(() -> changes.lock(id).chain(cluster -> {
            cluster.deletedAt = OffsetDateTime.now(ZoneOffset.UTC);
            return tags.forget(cluster.id)
                    .chain(() -> wishes.of(cluster))
                    .chain(wish -> operations.queue(
                            NewOperation.shared(cluster.team, dataPlane.destroy(), cluster.id, cluster.node, wish)))
                    .replaceWithVoid();
        }));
    }

    private static boolean nameTaken(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConstraintViolationException violation
                    && "cluster_name".equals(violation.getConstraintName())) {
                return true;
            }
        }
        return false;
    }
}
