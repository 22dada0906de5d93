package dev.mooring.dataplane.kafka;

import java.util.HashMap;
import java.util.Map;

/** Settings that every cluster has, wherever its brokers run. */
public final class BrokerDefaults {

    /** Of the topics that brokers keep for themselves: fifty partitions are for more than one machine. */
    private static final String OWN_PARTITIONS = "12";

    private BrokerDefaults() {}

    /** @param brokers how many there are: each has a copy of what they keep for themselves */
    public static Map<String, String> of(int brokers) {
        String copies = Integer.toString(brokers);
        String quorum = brokers > 1 ? "2" : "1";
        Map<String, String> all = new HashMap<>();
        all.put("default.replication.factor", copies);
        all.put("offsets.topic.replication.factor", copies);
        all.put("transaction.state.log.replication.factor", copies);
        all.put("transaction.state.log.min.isr", quorum);
        all.put("share.coordinator.state.topic.replication.factor", copies);
        all.put("share.coordinator.state.topic.min.isr", quorum);
        all.put("offsets.topic.num.partitions", OWN_PARTITIONS);
        all.put("transaction.state.log.num.partitions", OWN_PARTITIONS);
        all.put("share.coordinator.state.topic.num.partitions", OWN_PARTITIONS);
        all.put("auto.create.topics.enable", "false");
        // The API's own default.
        all.put("log.segment.bytes", "209715200");
        return all;
    }
}
