package dev.mooring.engine.postgres;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings of a read-only node that is larger than its primary. It may never have less than that, so the larger value of the two is
 * its own, and everything that is no matter of size is the primary's.
 */
public final class AtLeast {

    /** Of what a plan gives, that of which more is better and which nothing else depends on. */
    public static final List<String> SIZES = List.of(
            "max_connections",
            "shared_buffers",
            "effective_cache_size",
            "max_worker_processes",
            "max_parallel_workers",
            "max_parallel_workers_per_gather");

    private static final Pattern VALUE = Pattern.compile("(\\d+)\\s*(kB|MB|GB|TB)?");
    private static final Map<String, Integer> SHIFTS = Map.of("kB", 10, "MB", 20, "GB", 30, "TB", 40);

    private AtLeast() {}

    /**
     * Those of the node's own parameters of which the primary has less.
     *
     * @param primary its parameters, with their units
     */
    public static Map<String, String> over(Map<String, String> primary, Map<String, String> own) {
        Map<String, String> larger = new LinkedHashMap<>();
        for (String name : SIZES) {
            String wanted = own.get(name);
            String has = primary.get(name);
            if (wanted != null && has != null && less(has, wanted)) {
                larger.put(name, wanted);
            }
        }
        return larger;
    }

    /** Only what has the same kind of unit can be compared. */
    private static boolean less(String one, String other) {
        Matcher left = VALUE.matcher(one);
        Matcher right = VALUE.matcher(other);
        return left.matches()
                && right.matches()
                && (left.group(2) == null) == (right.group(2) == null)
                && amount(left) < amount(right);
    }

    private static long amount(MatchResult value) {
        return Long.parseLong(value.group(1)) << SHIFTS.getOrDefault(value.group(2) == null ? "" : value.group(2), 0);
    }
}
