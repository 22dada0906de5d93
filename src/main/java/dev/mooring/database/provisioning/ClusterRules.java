package dev.mooring.database.provisioning;

import dev.mooring.access.Regions;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.engine.Plan;
import dev.mooring.web.Problems;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What may be asked of a cluster, whether it is new or gets another form. */
public final class ClusterRules {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{1,61})[A-Za-z0-9]");
    private static final int MOST_STORAGE_FACTOR = 16;

    private ClusterRules() {}

    public static void name(Problems problems, @Nullable String name) {
        problems.check(
                name != null && NAME.matcher(name).matches(),
                "name",
                "must have 3 to 63 letters, digits and dashes, and begin and end with a letter or digit");
    }

    /** @param storageMib null or 0 for what the plan has */
    public static void plan(Problems problems, List<Plan> plans, @Nullable String size, @Nullable Integer storageMib) {
        Plan plan = plans.stream()
                .filter(one -> one.slug().equals(size))
                .findFirst()
                .orElse(null);
        problems.check(
                plan != null,
                "size",
                "must be one of " + plans.stream().map(Plan::slug).collect(Collectors.joining(", ")));
        if (plan != null && storageMib != null && storageMib != 0) {
            problems.check(
                    storageMib >= plan.storageMib() && storageMib <= mostStorage(plan),
                    "storage_size_mib",
                    "must be " + plan.storageMib() + " to " + mostStorage(plan) + " for " + plan.slug());
        }
    }

    public static int mostStorage(Plan plan) {
        return plan.storageMib() * MOST_STORAGE_FACTOR;
    }

    /** @param counts that some plane has room for */
    public static void nodes(Problems problems, @Nullable Integer nodes, List<Integer> counts) {
        problems.check(
                counts.contains(nodes),
                "num_nodes",
                "must be one of " + counts.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }

    public static void region(Problems problems, @Nullable String region, Regions regions) {
        problems.check(
                region != null && regions.has(region),
                "region",
                "must be one of " + String.join(", ", regions.slugs()));
    }

    public static void id(Problems problems, String field, @Nullable String id) {
        if (NewCluster.orNull(id) != null) {
            try {
                UUID.fromString(id);
            } catch (IllegalArgumentException e) {
                problems.add(field + ": is not a UUID");
            }
        }
    }
}
