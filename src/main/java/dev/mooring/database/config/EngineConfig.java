package dev.mooring.database.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.engine.Plan;
import dev.mooring.engine.kafka.KafkaConfig;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.engine.postgres.BackupTime;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.web.Problems;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The configuration of a cluster in the terms of its engine. */
final class EngineConfig {

    private EngineConfig() {}

    /** @param before what is set now */
    static void check(String engine, Problems problems, ObjectNode wanted, ObjectNode before) {
        if (engine.equals(KafkaEngine.ENGINE)) {
            KafkaConfig.check(problems, wanted);
        } else {
            PgConfig.check(problems, wanted, before);
        }
    }

    /** Every key with the value in force; only what the owner set while the servers cannot be asked. */
    static ObjectNode effective(
            ClusterSnapshot cluster, ObjectNode own, Map<String, ServerParameter> inForce, Plan plan) {
        return cluster.engine().equals(KafkaEngine.ENGINE)
                ? KafkaConfig.effective(
                        own,
                        inForce.entrySet().stream()
                                .collect(Collectors.toMap(
                                        Map.Entry::getKey,
                                        entry -> entry.getValue().value())))
                : PgConfig.effective(own, BackupTime.of(cluster.id(), own), inForce, plan);
    }

    /** Whether two values of a key mean the same, however each was written. */
    static boolean same(@Nullable JsonNode one, @Nullable JsonNode other) {
        return one != null
                && other != null
                && (one.isNumber() && other.isNumber()
                        ? one.decimalValue().compareTo(other.decimalValue()) == 0
                        : one.equals(other));
    }

    /**
     * The keys for which servers are restarted.
     *
     * @param changes those of the wanted ones that get another value
     */
    static List<String> restarts(
            ClusterSnapshot cluster,
            ObjectNode own,
            ObjectNode wanted,
            List<String> changes,
            Map<String, ServerParameter> inForce,
            Plan plan) {
        return cluster.engine().equals(KafkaEngine.ENGINE)
                ? KafkaConfig.restarts(own, wanted, inForce, KafkaEngine.brokers(plan.withStorage(plan.storageMib())))
                : PgConfig.restarts(wanted.deepCopy().retain(changes), inForce, plan);
    }
}
