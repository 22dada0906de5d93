package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kafka.InForce;
import dev.mooring.dataplane.local.kafka.cluster.BrokerSettings;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.engine.postgres.ServerParameter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

/** The settings of a cluster's brokers as they are, and those that can be changed while they run. */
public record LiveSettings(Admin admin) {

    private static final ConfigResource EVERY_BROKER = new ConfigResource(ConfigResource.Type.BROKER, "");
    /** Of which any value near its largest, which is the default, means no limit. */
    private static final String MARK = "max.connection.creation.rate";

    /** As every broker's file has it: set once more it changes nothing. */
    private static final ConfigEntry AS_IT_IS =
            new ConfigEntry("background.threads", BrokerSettings.BACKGROUND_THREADS);

    private static final int MOST_MARKS = 1_000_000;
    private static final Duration SEEN_LIMIT = Duration.ofSeconds(10);
    private static final Duration GLANCE = Duration.ofMillis(5);

    /** By Kafka's own names, as the first broker has them. */
    public Map<String, ServerParameter> inForce(KafkaManifest manifest) throws InterruptedException {
        return InForce.parameters(admin, manifest.brokers().getFirst().id());
    }

    /** What of the wanted ones needs no restart, by what the broker itself says. */
    public Map<String, String> changeable(KafkaManifest manifest, Map<String, String> wanted)
            throws InterruptedException {
        List<String> fixed = InForce.entries(
                        admin, manifest.brokers().getFirst().id())
                .stream()
                .filter(ConfigEntry::isReadOnly)
                .map(ConfigEntry::name)
                .toList();
        Map<String, String> live = new HashMap<>(wanted);
        live.keySet().removeAll(fixed);
        return live;
    }

    /**
     * Returns when every broker that is up knows of all that was changed before: an answer to a change says only that the
     * controllers have it. Brokers take changes in their order, so one more that can be seen tells of those before it.
     */
    public void awaitSeen(long revision) throws InterruptedException {
        String mark = Integer.toString(Integer.MAX_VALUE - (int) (revision % MOST_MARKS));
        change(Map.of(MARK, mark), List.of(), false);
        Instant end = Instant.now().plus(SEEN_LIMIT);
        List<ConfigResource> up = Answers.of(admin.describeCluster().nodes()).stream()
                .map(node -> new ConfigResource(ConfigResource.Type.BROKER, node.idString()))
                .toList();
        while (!seen(up, mark) && Instant.now().isBefore(end)) {
            Thread.sleep(GLANCE);
        }
    }

    private boolean seen(List<ConfigResource> brokers, String mark) throws InterruptedException {
        return Answers.of(admin.describeConfigs(brokers).all()).values().stream()
                .allMatch(config ->
                        config.get(MARK) != null && mark.equals(config.get(MARK).value()));
    }

    /** Has one broker read its certificates again, as it does whenever a setting is set for it alone. */
    public void reloadFiles(int broker) throws InterruptedException {
        ConfigResource alone = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker));
        for (AlterConfigOp.OpType change : List.of(AlterConfigOp.OpType.SET, AlterConfigOp.OpType.DELETE)) {
            Answers.of(admin.incrementalAlterConfigs(Map.of(alone, List.of(new AlterConfigOp(AS_IT_IS, change))))
                    .all());
        }
    }

    /**
     * Sets them for every broker at once.
     *
     * @param former names that were set so before; those that are not wanted any more get their value of before back
     * @param onlyTry whether to have them checked and nothing else
     */
    public void change(Map<String, String> wanted, List<String> former, boolean onlyTry) throws InterruptedException {
        List<AlterConfigOp> changes = new ArrayList<>(Stream.concat(
                        wanted.entrySet().stream()
                                .map(setting -> new AlterConfigOp(
                                        new ConfigEntry(setting.getKey(), setting.getValue()),
                                        AlterConfigOp.OpType.SET)),
                        former.stream()
                                .filter(name -> !wanted.containsKey(name))
                                .map(name -> new AlterConfigOp(new ConfigEntry(name, ""), AlterConfigOp.OpType.DELETE)))
                .toList());
        if (!changes.isEmpty()) {
            Answers.of(admin.incrementalAlterConfigs(
                            Map.of(EVERY_BROKER, changes), new AlterConfigsOptions().validateOnly(onlyTry))
                    .all());
        }
    }
}
