package dev.mooring.database.provisioning;

import dev.mooring.access.account.Project;
import dev.mooring.access.account.Vpc;
import dev.mooring.database.backup.RecoverySource;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.network.HostNameClaims;
import dev.mooring.database.network.HostNames;
import dev.mooring.engine.Plan;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a recovered cluster has of the one that it is recovered from: as that is now, or was when it was deleted. Sources and
 * settings of the moment that is recovered may have been changed for a reason, and are not kept.
 */
@ApplicationScoped
class Inheritance {

    private final ClusterSpecs wishes;
    private final HostNameClaims claims;

    Inheritance(ClusterSpecs wishes, HostNameClaims claims) {
        this.wishes = wishes;
        this.claims = claims;
    }

    /**
     * In the caller's transaction: configuration, maintenance window, backup policy, added storage, project and network; of a
     * deleted cluster its other names too, as far as nobody else has them by now. Project and network stay null when they are
     * gone, or are of another region.
     */
    Uni<Void> apply(Cluster cluster, RecoverySource source, Plan plan) {
        RecoverySource.Traits traits = source.traits();
        cluster.config = source.config();
        if (traits.maintenanceDay() != null) {
            cluster.maintenanceDay = traits.maintenanceDay();
            cluster.maintenanceHour = traits.maintenanceHour();
        }
        boolean wasDev = traits.size().equals(Plan.DEV.slug());
        cluster.retentionHours =
                wasDev ? Math.max(cluster.retentionHours, traits.retentionHours()) : traits.retentionHours();
        cluster.drillHours = traits.drillHours();
        cluster.synchronousArchive = traits.synchronousArchive();
        cluster.storageSizeMib =
                Math.min(ClusterRules.mostStorage(plan), Math.max(plan.storageMib(), traits.storageSizeMib()));
        return project(cluster.team, traits.project())
                .invoke(project -> cluster.projectId = project)
                .chain(() -> network(cluster.team, traits.vpc(), cluster.region))
                .invoke(network -> cluster.vpc = network)
                .chain(() -> traits.deleted()
                        ? free(cluster.id, traits.serviceCnames())
                        : Uni.createFrom().item(List.<String>of()))
                .invoke(names -> cluster.serviceCnames = wishes.json(names))
                .replaceWithVoid();
    }

    private static Uni<UUID> project(UUID team, @Nullable UUID id) {
        return id == null ? Uni.createFrom().nullItem() : Project.hold(team, id);
    }

    private static Uni<UUID> network(UUID team, @Nullable UUID id, String region) {
        return id == null
                ? Uni.createFrom().nullItem()
                : Vpc.<Vpc>find("team = ?1 and id = ?2 and region = ?3", team, id, region)
                        .firstResult()
                        .map(network -> network == null ? null : network.id);
    }

    /** Those that may be had today and that nobody else has. */
    private Uni<List<String>> free(UUID cluster, List<String> names) {
        return claims.free(cluster, names.stream().filter(Inheritance::allowed).toList());
    }

    private static boolean allowed(String name) {
        Problems problems = new Problems();
        HostNames.check(problems, "service_cnames", List.of(name));
        return problems.none();
    }
}
