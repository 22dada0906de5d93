package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.kubernetes.object.Names;
import java.util.Map;
import java.util.UUID;

/** Names of a Kafka cluster's objects: made of its id alone, so that whoever comes again finds what was made. */
public final class KafkaNames {

    /** Strimzi's, on everything that it makes for a cluster, and on what is a cluster's. */
    public static final String OPERATOR_LABEL = "strimzi.io/cluster";

    /** Strimzi's, on what a pod or a volume is of. */
    public static final String PART_LABEL = "strimzi.io/name";

    /** For clients. */
    public static final int PORT = 9093;

    /** For Mooring. */
    public static final int CONTROL_PORT = 9094;

    private KafkaNames() {}

    public static String cluster(UUID id) {
        return "kf-" + id.toString().replace("-", "");
    }

    /** Short, because a pod's name has it beside the cluster's, and is a host's name. */
    public static String pool(UUID id) {
        return "b-" + Names.hash(id.toString());
    }

    /** The user that Mooring itself logs in as, and its object. */
    public static String control(UUID id) {
        return cluster(id) + "-control";
    }

    /** Where Strimzi finds that user's password. */
    public static String login(UUID id) {
        return cluster(id) + "-login";
    }

    /** Where those find how to ask the brokers who may not read secrets. */
    public static String access(UUID id) {
        return cluster(id) + "-access";
    }

    /** Where the spec in force is kept. */
    public static String memory(UUID id) {
        return cluster(id) + "-in-force";
    }

    /** Where Strimzi puts the certificates of the cluster's CA, without its key. */
    public static String authority(UUID id) {
        return cluster(id) + "-cluster-ca-cert";
    }

    /** Where clients begin. */
    public static String host(UUID id, String namespace) {
        return cluster(id) + "-kafka-bootstrap." + namespace + ".svc";
    }

    /** Pods and volumes of its brokers. */
    public static Map<String, String> ofBrokers(UUID id) {
        return Map.of(OPERATOR_LABEL, cluster(id), PART_LABEL, cluster(id) + "-kafka");
    }
}
