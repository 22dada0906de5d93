package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.DuplicateVoterException;
import org.apache.kafka.common.errors.VoterNotFoundException;

/** Who of a cluster's controllers has a voice. */
public record Quorum(Admin admin) {

    private static final String LISTENER = "CONTROLLER";

    /** @return whether it has one; false while it has not been heard of yet */
    public boolean join(KafkaManifest.Broker broker) throws InterruptedException {
        QuorumInfo quorum = quorum();
        if (voter(quorum, broker.id()).isPresent()) {
            return true;
        }
        Optional<QuorumInfo.ReplicaState> observer = quorum.observers().stream()
                .filter(replica -> replica.replicaId() == broker.id())
                .findFirst();
        if (observer.isEmpty()) {
            return false;
        }
        try {
            Answers.of(admin.addRaftVoter(
                            broker.id(),
                            observer.get().replicaDirectoryId(),
                            Set.of(new RaftVoterEndpoint(LISTENER, "127.0.0.1", broker.controller())))
                    .all());
        } catch (DuplicateVoterException e) {
            // An answer that was lost.
            return true;
        }
        return true;
    }

    /** Without it, the others know it neither as a controller nor as a broker. */
    public void leave(KafkaManifest.Broker broker) throws InterruptedException {
        Optional<QuorumInfo.ReplicaState> voter = voter(quorum(), broker.id());
        if (voter.isPresent()) {
            try {
                Answers.of(admin.removeRaftVoter(broker.id(), voter.get().replicaDirectoryId())
                        .all());
            } catch (VoterNotFoundException e) {
                // An answer that was lost.
            }
        }
    }

    /** Of one that is stopped for good. */
    public void forget(int broker) throws InterruptedException {
        try {
            Answers.of(admin.unregisterBroker(broker).all());
        } catch (BrokerIdNotRegisteredException e) {
            // It never came that far.
        }
    }

    private QuorumInfo quorum() throws InterruptedException {
        return Answers.of(admin.describeMetadataQuorum().quorumInfo());
    }

    private static Optional<QuorumInfo.ReplicaState> voter(QuorumInfo quorum, int id) {
        return quorum.voters().stream()
                .filter(replica -> replica.replicaId() == id)
                .findFirst();
    }
}
