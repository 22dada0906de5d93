package dev.mooring.dataplane.local.kafka.admin;

import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import java.time.Duration;
import java.util.Comparator;
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
    /** Controllers fetch twice a second and more. */
    private static final Duration HEARD = Duration.ofSeconds(5);

    /** @return whether it has one; false while it has not been heard of yet */
    public boolean join(KafkaManifest.Broker broker) throws InterruptedException {
        QuorumInfo quorum = quorum();
        if (voter(quorum, broker.id()).isPresent()) {
            return true;
        }
        Optional<QuorumInfo.ReplicaState> observer = quorum.observers().stream()
                .filter(replica -> replica.replicaId() == broker.id())
                .findFirst();
        return observer.isPresent() && join(broker, observer.get());
    }

    private boolean join(KafkaManifest.Broker broker, QuorumInfo.ReplicaState observer) throws InterruptedException {
        try {
            Answers.of(admin.addRaftVoter(
                            broker.id(),
                            observer.replicaDirectoryId(),
                            Set.of(new RaftVoterEndpoint(LISTENER, "127.0.0.1", broker.controller())))
                    .all());
        } catch (DuplicateVoterException e) {
            // An answer that was lost.
            return true;
        }
        return true;
    }

    /**
     * Gives one that came back with another folder its voice back, after its old one is taken away: whoever has forgotten what he voted
     * for must not vote as who he was.
     *
     * @return whether it has it
     */
    public boolean rejoin(KafkaManifest.Broker broker) throws InterruptedException {
        QuorumInfo quorum = quorum();
        Optional<QuorumInfo.ReplicaState> voter = voter(quorum, broker.id());
        Optional<QuorumInfo.ReplicaState> anew = quorum.observers().stream()
                .filter(replica -> replica.replicaId() == broker.id())
                .max(Comparator.comparingLong(
                        replica -> replica.lastFetchTimestamp().orElse(0)));
        if (anew.isEmpty()) {
            // It has one if it is heard of; else it has not come that far.
            return voter.filter(replica ->
                            replica.lastFetchTimestamp().orElse(0) > System.currentTimeMillis() - HEARD.toMillis())
                    .isPresent();
        }
        if (voter.isPresent()
                && !voter.get().replicaDirectoryId().equals(anew.get().replicaDirectoryId())) {
            leave(broker);
        }
        return join(broker, anew.get());
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
