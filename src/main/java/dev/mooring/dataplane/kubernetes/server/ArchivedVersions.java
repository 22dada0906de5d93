package dev.mooring.dataplane.kubernetes.server;

import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * By what names the servers of a cluster have been archived: with every major version it is another database system, whose WAL begins
 * anew. Known as long as its ObjectStore is there, which outlives the cluster.
 *
 * @param store that ObjectStore
 */
public record ArchivedVersions(Live store, UUID cluster) {

    /** The first one's, and each time an upgrade's. */
    public String server(String major) {
        return store.label(Names.UPGRADED_LABEL + major)
                .map(upgraded -> Names.archivedServer(cluster, major))
                .orElseGet(() -> Names.archivedServer(cluster));
    }

    /** Whether there were servers of another major version before those of this one. */
    public boolean upgraded(String major) {
        return upgrades().containsKey(Integer.parseInt(major));
    }

    /** When the servers of that major version archived their last; empty where no upgrade followed. */
    public Optional<Instant> over(String major) {
        return upgrades().tailMap(Integer.parseInt(major), false).values().stream()
                .findFirst();
    }

    /** When those before that major version did. */
    public Optional<Instant> overBefore(String major) {
        return Optional.ofNullable(upgrades().get(Integer.parseInt(major)));
    }

    /** By name of the servers, oldest first: when they archived their last. Those of now are not among them. */
    public Map<String, Instant> former() {
        Map<String, Instant> former = new LinkedHashMap<>();
        String server = Names.archivedServer(cluster);
        for (Map.Entry<Integer, Instant> upgrade : upgrades().entrySet()) {
            former.put(server, upgrade.getValue());
            server = Names.archivedServer(cluster, upgrade.getKey().toString());
        }
        return former;
    }

    /** Every name. */
    public List<String> servers() {
        return Stream.concat(
                        Stream.of(Names.archivedServer(cluster)),
                        upgrades().keySet().stream().map(major -> Names.archivedServer(cluster, major.toString())))
                .toList();
    }

    /** By the major version that was reached. */
    private NavigableMap<Integer, Instant> upgrades() {
        NavigableMap<Integer, Instant> upgrades = new TreeMap<>();
        store.labels().forEach((label, seconds) -> {
            String major = label.startsWith(Names.UPGRADED_LABEL) ? label.substring(Names.UPGRADED_LABEL.length()) : "";
            if (major.matches("[0-9]{1,3}") && seconds.matches("[0-9]{1,15}")) {
                upgrades.put(Integer.parseInt(major), Instant.ofEpochSecond(Long.parseLong(seconds)));
            }
        });
        return upgrades;
    }

    /**
     * What the plugin says of the archive of servers by that name; empty before it has said anything.
     *
     * @param server one of {@link #server}
     */
    public Optional<Window> window(String server) {
        return store.text("status", "serverRecoveryWindow", server, "firstRecoverabilityPoint")
                .flatMap(first -> store.text("status", "serverRecoveryWindow", server, "lastSuccessfulBackupTime")
                        .map(last -> new Window(Instant.parse(first), Instant.parse(last))));
    }

    /**
     * @param from when the oldest backup that is left was complete
     * @param lastBackup when the newest was
     */
    public record Window(Instant from, Instant lastBackup) {}
}
