package dev.mooring.app.spec;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The names that a component's size may have. Nothing is billed for them, and the local runtime limits nothing. */
public final class InstanceSizes {

    public static final List<String> CURRENT = List.of(
            "apps-s-1vcpu-0.5gb",
            "apps-s-1vcpu-1gb-fixed",
            "apps-s-1vcpu-1gb",
            "apps-s-1vcpu-2gb",
            "apps-s-2vcpu-4gb",
            "apps-d-1vcpu-0.5gb",
            "apps-d-1vcpu-1gb",
            "apps-d-1vcpu-2gb",
            "apps-d-1vcpu-4gb",
            "apps-d-2vcpu-4gb",
            "apps-d-2vcpu-8gb",
            "apps-d-4vcpu-8gb",
            "apps-d-4vcpu-16gb",
            "apps-d-8vcpu-32gb");

    private static final List<String> OLD = List.of(
            "basic-xxs",
            "basic-xs",
            "basic-s",
            "basic-m",
            "professional-xs",
            "professional-s",
            "professional-m",
            "professional-1l",
            "professional-l",
            "professional-xl");

    private static final Set<String> ALL = all();

    private InstanceSizes() {}

    private static Set<String> all() {
        Set<String> all = new HashSet<>(CURRENT);
        all.addAll(OLD);
        return all;
    }

    static boolean has(String slug) {
        return ALL.contains(slug);
    }
}
