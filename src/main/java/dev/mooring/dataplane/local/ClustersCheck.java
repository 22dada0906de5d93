package dev.mooring.dataplane.local;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.NodeDisk;
import dev.mooring.dataplane.local.kafka.KafkaPlane;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Installations;
import io.smallrye.health.api.Wellness;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/** Shows in {@code /q/health/well} which servers and tools this machine has, and which clusters are down. */
@Wellness
@ApplicationScoped
class ClustersCheck implements HealthCheck {

    private static final int MOST_NAMED = 10;

    private final LocalClusters clusters;
    private final KafkaPlane kafka;
    private final String tools;

    ClustersCheck(LocalClusters clusters, KafkaPlane kafka) throws IOException {
        this.clusters = clusters;
        this.kafka = kafka;
        List<Engine> found = Installations.find().tools();
        this.tools = found.isEmpty()
                ? "none; pg_dump and pg_basebackup come with the package postgresql-client"
                : found.stream().map(Engine::version).collect(Collectors.joining(", "));
    }

    @Override
    public HealthCheckResponse call() {
        List<String> down = clusters.supervisor().down();
        Map<Path, String> broken = clusters.broken().present();
        Map<String, String> full = full();
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("clusters")
                .status(down.isEmpty() && broken.isEmpty() && full.isEmpty())
                .withData(
                        "servers",
                        String.join(", ", clusters.engines().versions().values()))
                .withData("tools", tools)
                .withData(
                        "upgrades",
                        "to "
                                + String.join(
                                        ", ", clusters.engines().upgradeTools().targetsSoFar())
                                + "; for others install postgresql-{version} of apt.postgresql.org")
                .withData("down", down.stream().limit(MOST_NAMED).collect(Collectors.joining(", ")));
        broken.entrySet().stream()
                .limit(MOST_NAMED)
                .forEach(each -> answer.withData("broken " + each.getKey().getFileName(), each.getValue()));
        full.entrySet().stream()
                .limit(MOST_NAMED)
                .forEach(each -> answer.withData("full " + each.getKey(), each.getValue()));
        return answer.build();
    }

    /** Of which nodes the disk is full: in words, by their cluster and name. */
    private Map<String, String> full() {
        Map<String, String> full = new TreeMap<>();
        for (ClusterFolder folder : clusters.folders()) {
            try {
                new NodeDisk(folder.data()).full().ifPresent(words -> full.put(folder.id() + " primary", words));
                for (ClusterFolder.Standby standby :
                        folder.manifest().map(ClusterFolder.Manifest::standbys).orElse(List.of())) {
                    new NodeDisk(folder.standby(standby.slot()).data())
                            .full()
                            .ifPresent(words -> full.put(folder.id() + " " + standby.name(), words));
                }
                kafka.full(folder.id()).forEach((broker, words) -> full.put(folder.id() + " broker-" + broker, words));
            } catch (IOException unreadable) {
                full.putIfAbsent(folder.id() + " nodes", "unknown: " + unreadable.getMessage());
            }
        }
        return full;
    }
}
