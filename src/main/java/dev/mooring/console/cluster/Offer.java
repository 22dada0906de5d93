package dev.mooring.console.cluster;

import dev.mooring.database.provisioning.OptionsResource.Layout;
import dev.mooring.database.provisioning.OptionsResource.Options;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What can be ordered of an engine, as the API's options say.
 *
 * @param engine slug
 * @param nodes numbers of nodes that there are plans for
 * @param versions oldest first
 * @param targets versions that a brief upgrade reaches
 */
public record Offer(
        String engine,
        List<String> engines,
        List<Version> versions,
        String defaultVersion,
        List<Integer> nodes,
        List<Plan> plans,
        List<String> regions,
        List<String> targets) {

    /** Of a time as RFC 3339. */
    private static final int DATE = 10;

    private static final Pattern SLUG = Pattern.compile("db-(?:s|[a-z0-9]+)-(\\d+)vcpu-(\\d+)gb.*");

    /** @param endOfLife a date; empty when it is not known */
    public record Version(String name, String endOfLife) {

        static Version of(String name, @Nullable String endOfLife) {
            return new Version(name, endOfLife == null ? "" : endOfLife.substring(0, DATE));
        }

        /** Whether its makers have stopped caring for it. */
        public boolean over() {
            return !endOfLife.isEmpty() && LocalDate.parse(endOfLife).isBefore(LocalDate.now(ZoneOffset.UTC));
        }
    }

    /** A size, and what it is in words. */
    public record Plan(String slug, String words) {}

    static Offer of(Options options, @Nullable String wanted) {
        List<String> engines = List.copyOf(options.options().keySet());
        String engine = wanted != null && engines.contains(wanted)
                ? wanted
                : engines.contains("pg") || engines.isEmpty() ? "pg" : engines.getFirst();
        var offered = options.options().get(engine);
        if (offered == null) {
            return new Offer(engine, engines, List.of(), "", List.of(), List.of(), List.of(), List.of());
        }
        return new Offer(
                engine,
                engines,
                options.versionAvailability().getOrDefault(engine, List.of()).stream()
                        .map(version -> Version.of(version.version(), version.endOfLife()))
                        .toList(),
                offered.defaultVersion(),
                offered.layouts().stream()
                        .map(Layout::numNodes)
                        .distinct()
                        .sorted()
                        .toList(),
                offered.layouts().stream()
                        .flatMap(layout -> layout.sizes().stream())
                        .distinct()
                        .map(slug -> new Plan(slug, words(slug)))
                        .toList(),
                offered.regions(),
                Stream.ofNullable(offered.upgradeTargets())
                        .flatMap(List::stream)
                        .toList());
    }

    /** Those that a cluster of that version can go to. One that is not offered any more is older than all that are. */
    public List<Version> above(String version) {
        int present = versions.stream().map(Version::name).toList().indexOf(version);
        return versions.subList(present + 1, versions.size());
    }

    /** Whether an upgrade to that version has one way alone; nothing is known of it as long as no target is. */
    public boolean onlineOnly(String version) {
        return !targets.isEmpty() && !targets.contains(version);
    }

    private static String words(String slug) {
        Matcher parts = SLUG.matcher(slug);
        return parts.matches() ? parts.group(1) + " vCPU, " + parts.group(2) + " GB" : slug;
    }

    /** The engine's name, for people. */
    public static String name(String engine) {
        return switch (engine) {
            case "pg" -> "PostgreSQL";
            case "kafka" -> "Kafka";
            case "valkey" -> "Valkey";
            case "mysql" -> "MySQL";
            default -> engine;
        };
    }
}
