package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kafka.InForce;
import dev.mooring.dataplane.kafka.Lag;
import dev.mooring.dataplane.kafka.Members;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.home.Vault;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.AuthenticationException;

/**
 * What only the brokers themselves know and are told. Fails with {@link dev.mooring.dataplane.Topics.Unreachable} while they do not
 * answer, and with an {@link org.apache.kafka.common.errors.ApiException} for what they refuse.
 */
@Singleton
public class StrimziBrokers {

    private final StrimziProjection projection;
    private final StrimziAdmins admins;
    private final Vault vault;

    StrimziBrokers(StrimziProjection projection, StrimziAdmins admins, Vault vault) {
        this.projection = projection;
        this.admins = admins;
        this.vault = vault;
    }

    /**
     * Makes and deletes users, and what they may do.
     *
     * @param applied the revision whose passwords are in force; 0 to set them all
     */
    public Optional<Waiting> members(ClusterSpec spec, long applied) throws InterruptedException {
        Optional<BrokerAccess> access = projection.publish(spec);
        if (access.isEmpty()) {
            return Optional.of(Waiting.on("Strimzi has not said yet how the brokers are reached"));
        }
        new Members(admins.of(spec.id(), access.get()), vault, true).settle(spec, applied);
        return Optional.empty();
    }

    /** Whether every broker has what the spec says, and takes the passwords that are newer than the applied revision. */
    public Optional<Waiting> missing(ClusterSpec spec, long applied) throws InterruptedException {
        Admin admin = admins.of(spec.id());
        Collection<Node> nodes = Answers.of(admin.describeCluster().nodes());
        int brokers = KafkaEngine.brokers(spec.size());
        if (nodes.size() != brokers) {
            return Optional.of(Waiting.on(nodes.size() + " of " + brokers + " brokers take part"));
        }
        Map<String, String> wanted = KafkaObjects.settings(spec);
        for (Node node : nodes) {
            Map<String, ServerParameter> parameters = InForce.parameters(admin, node.id());
            List<String> others = wanted.entrySet().stream()
                    .filter(entry -> parameters.containsKey(entry.getKey())
                            && !parameters.get(entry.getKey()).value().equals(entry.getValue()))
                    .map(Map.Entry::getKey)
                    .sorted()
                    .toList();
            if (!others.isEmpty()) {
                return Optional.of(
                        Waiting.on("broker " + node.id() + " has another value of " + String.join(", ", others)));
            }
        }
        return logins(spec, applied);
    }

    private Optional<Waiting> logins(ClusterSpec spec, long applied) throws InterruptedException {
        BrokerAccess access = admins.access(spec.id()).orElseThrow();
        for (ClusterSpec.User user : spec.users()) {
            if (user.revision() > applied) {
                try (Admin probe = admins.as(access, user.name(), vault.unseal(user.secret()))) {
                    Answers.of(probe.describeCluster().nodes());
                } catch (AuthenticationException e) {
                    return Optional.of(Waiting.refused("the brokers do not take the password of " + user.name()));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether every copy of every partition is in step: one more broker may be away then. */
    public Optional<Waiting> behind(ClusterSpec spec) throws InterruptedException {
        long behind = Lag.behind(admins.of(spec.id()));
        return behind == 0
                ? Optional.empty()
                : Optional.of(Waiting.on(behind + " partitions have copies that are not in step"));
    }

    /** Undoes what a refused change has told the brokers. */
    public void putBack(ClusterSpec before, ClusterSpec refused) throws InterruptedException {
        List<String> known = before.users().stream().map(ClusterSpec.User::name).toList();
        List<String> gone = new ArrayList<>(before.absentUsers());
        refused.users().stream()
                .map(ClusterSpec.User::name)
                .filter(name -> !known.contains(name))
                .forEach(gone::add);
        members(before.withAbsentUsers(gone), 0);
    }

    public void forget(ClusterSpec spec) {
        admins.close(spec.id());
    }
}
