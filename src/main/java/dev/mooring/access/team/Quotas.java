package dev.mooring.access.team;

import dev.mooring.access.Team;
import dev.mooring.web.Problems;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** How much a team may have at the same time. */
@Schema(name = "TeamQuotas")
public record Quotas(
        @Schema(description = "Clusters, dev databases among them; any number when absent") @Nullable
        Integer clusters,

        @Schema(description = "Sum of their storage in MiB; any when absent") @Nullable
        Long storageMib,

        @Schema(description = "Sum of their nodes; any number when absent") @Nullable
        Integer nodes) {

    private static final Quotas NONE = new Quotas(null, null, null);

    static Quotas orNone(@Nullable Quotas given) {
        return given == null ? NONE : given;
    }

    static Quotas of(Team team) {
        return new Quotas(team.mostClusters, team.mostStorageMib, team.mostNodes);
    }

    void check(Problems problems) {
        check(problems, "clusters", clusters);
        check(problems, "storage_mib", storageMib);
        check(problems, "nodes", nodes);
    }

    private static void check(Problems problems, String name, @Nullable Number number) {
        problems.check(
                number == null || number.longValue() >= 0,
                "quotas." + name,
                "must be a whole number from 0, or absent for no limit");
    }

    void writeTo(Team team) {
        team.mostClusters = clusters;
        team.mostStorageMib = storageMib;
        team.mostNodes = nodes;
    }
}
