package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kafka.InForce;
import dev.mooring.dataplane.local.kafka.cluster.BrokerSettings;
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
    private static final Duration SEEN_LIMIT = Duration.ofSeconds(20);
    private static final Duration GLANCE = Duration.ofMillis(5);

    /** What of the wanted ones needs no restart, by what the brokers themselves say. */
    public Map<String, String> changeable(Map<String, String> wanted) throws InterruptedException {
        List<String> fixed = InForce.ofAny(admin).stream()
                .filter(ConfigEntry::isReadOnly)
                .map(ConfigEntry::name)
                .toList();
        Map<String, String> live = new HashMap<>(wanted);
        live.keySet().removeAll(fixed);
        return live;
    }

    /**
     * Returns when every broker that is up knows of all that was changed before: an answer to a change says only that the
     * controllers have it. Brokers take changes in their order, so one more that can be seen tells of those before it. One that goes
     * away meanwhile takes all of them before it serves again.
     */
    public void awaitSeen(long revision) throws InterruptedException {
        String mark = Integer.toString(Integer.MAX_VALUE - (int) (revision % MOST_MARKS));
        change(Map.of(MARK, mark), List.of(), false);
        Instant end = Instant.now().plus(SEEN_LIMIT);
        while (!seen(mark) && Instant.now().isBefore(end)) {
            Thread.sleep(GLANCE);
        }
    }

    private boolean seen(String mark) throws InterruptedException {
        try {
            return InForce.ofAll(admin).stream()
                    .allMatch(config -> config.get(MARK) != null
                            && mark.equals(config.get(MARK).value()));
        } catch (Topics.Unreachable e) {
            // One that has gone, or does nothing: the others take it for there only for some seconds more.
            return false;
        }
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
