package dev.mooring.engine.postgres;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A size that can be ordered.
 *
 * @param slug DigitalOcean's name of it
 * @param storageMib storage that comes with it
 */
public record Plan(String slug, int cpus, int memoryMib, int storageMib) {

    /** Slugs and their storage as the price list of 2026 has them. */
    private static final List<Plan> ALL = List.of(
            plan("db-s-1vcpu-1gb", 1, 1, 10),
            plan("db-s-1vcpu-2gb", 1, 2, 30),
            plan("db-s-2vcpu-4gb", 2, 4, 60),
            plan("db-s-4vcpu-8gb", 4, 8, 140),
            plan("db-s-6vcpu-16gb", 6, 16, 290),
            plan("db-s-8vcpu-32gb", 8, 32, 600),
            plan("db-s-16vcpu-64gb", 16, 64, 1120),
            plan("gd-2vcpu-8gb", 2, 8, 30),
            plan("gd-4vcpu-16gb", 4, 16, 60),
            plan("gd-8vcpu-32gb", 8, 32, 140),
            plan("gd-16vcpu-64gb", 16, 64, 290));

    /** What every dev database gets; it cannot be ordered. */
    public static final Plan DEV = new Plan("db-s-dev-database", 1, 512, 1024);

    private static final Map<String, Plan> BY_SLUG =
            ALL.stream().collect(Collectors.toMap(Plan::slug, Function.identity(), (one, other) -> one, TreeMap::new));

    private static Plan plan(String slug, int cpus, int memoryGib, int storageGib) {
        return new Plan(slug, cpus, memoryGib * 1024, storageGib * 1024);
    }

    /** Null when there is none of that name. */
    public static Plan of(String slug) {
        return slug == null ? null : BY_SLUG.get(slug);
    }

    /** Of a stored cluster. */
    public static Plan stored(String slug) {
        return slug.equals(DEV.slug()) ? DEV : BY_SLUG.get(slug);
    }

    /** Smallest first. */
    public static List<String> slugs() {
        return ALL.stream().map(Plan::slug).toList();
    }

    public NodeSize withStorage(int mib) {
        return new NodeSize(cpus, memoryMib, mib);
    }
}
