package dev.mooring.app.spec;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The names that a component's size may have. Nothing is billed for them; the local runtime takes the memory from them. */
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

    private static final Pattern GIGABYTES = Pattern.compile("-(\\d+(?:\\.\\d)?)gb\\b");
    private static final Set<String> ALL = all();

    private InstanceSizes() {}

    private static Set<String> all() {
        Set<String> all = new HashSet<>(CURRENT);
        all.addAll(OLD);
        return all;
    }

    /** Bytes of memory that a component of the size may have; 0 for no size and for those that say nothing of it. */
    public static long memory(@Nullable String slug) {
        Matcher matcher = slug == null ? null : GIGABYTES.matcher(slug);
        return matcher == null || !matcher.find() ? 0 : (long) (Double.parseDouble(matcher.group(1)) * (1L << 30));
    }

    public static boolean has(String slug) {
        return ALL.contains(slug);
    }
}
