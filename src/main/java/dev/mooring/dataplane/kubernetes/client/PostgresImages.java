package dev.mooring.dataplane.kubernetes.client;

import dev.mooring.operation.OperationFailed;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which image is run for which version. */
@Singleton
public class PostgresImages {

    /** What the operator and the kinds that are used here support. */
    private static final Pattern ENTRY = Pattern.compile("(1[4-8])\\.(\\d{1,3})=([A-Za-z0-9][^\\s,=]*:\\1[^\\s,=]*)");

    /** The oldest major version to which the operator upgrades a cluster. */
    public static final int FIRST_TARGET = 16;

    private static final Pattern MINOR = Pattern.compile("\\d+\\.(\\d{1,6})");

    /** The newest of each when this version of Mooring was made. */
    private static final List<String> KNOWN = Stream.of("14.24", "15.19", "16.15", "17.11", "18.6")
            .map(version -> version + "=ghcr.io/cloudnative-pg/postgresql:" + version + "-standard-trixie")
            .toList();

    private final Map<String, Release> releases = new TreeMap<>();

    /** @param version exact, such as {@code 17.11}: what the image's server is to say of itself */
    public record Release(String version, String image) {

        /** @param running exact version of a server of the same major, as it says it itself */
        public boolean newerThan(String running) {
            return minor(version) > minor(running);
        }

        /** One that has none, such as {@code 18beta1}, is older than all that have. */
        private static int minor(String version) {
            Matcher matcher = MINOR.matcher(version);
            return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
        }
    }

    @Inject
    PostgresImages(KubernetesSettings settings) {
        this(settings.images().orElse(KNOWN));
    }

    /** @throws IllegalArgumentException for what is no version of 14 to 18 with an image whose tag begins with the major version */
    public PostgresImages(List<String> entries) {
        for (String entry : entries) {
            Matcher matcher = ENTRY.matcher(entry.strip());
            if (!matcher.matches() || releases.containsKey(matcher.group(1))) {
                throw new IllegalArgumentException(entry
                        + ": must be MAJOR.MINOR=IMAGE of PostgreSQL 14 to 18, each major once, with a tag that begins with the"
                        + " major version, such as 17.11=registry.example.com/postgresql:17.11");
            }
            releases.put(matcher.group(1), new Release(matcher.group(1) + "." + matcher.group(2), matcher.group(3)));
        }
    }

    /** Exact version by major version. */
    public Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        releases.forEach((major, release) -> versions.put(major, release.version()));
        return Map.copyOf(versions);
    }

    /** Whether the operator upgrades to that major version: its webhook refuses older ones. */
    public static boolean reachedByUpgrade(String major) {
        return Integer.parseInt(major) >= FIRST_TARGET;
    }

    /** Major versions that an upgrade reaches, oldest first. */
    public List<String> upgradeTargets() {
        return releases.keySet().stream()
                .filter(PostgresImages::reachedByUpgrade)
                .toList();
    }

    /** @throws OperationFailed where there is none of that major version */
    public Release of(String major) {
        Release release = releases.get(major);
        if (release == null) {
            throw new OperationFailed("MOORING_KUBERNETES_IMAGES has no PostgreSQL " + major + ", only "
                    + String.join(", ", releases.keySet()) + ". Nothing was changed.");
        }
        return release;
    }
}
