package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;

/** The end of a cluster. Whatever else is under way for it is asked to end first. Nothing is left: Kafka has no archive. */
@Singleton
class DestroyKafka extends KafkaProgram<DestroyKafka.Steps, ClusterFacts> {

    enum Steps implements Step {
        WAIT_FOR_OTHERS("Waiting for other operations to end"),
        STOP("Stopping the brokers"),
        REMOVE("Deleting the files"),
        ROLL_BACK("Ending after a failure");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public boolean cancellable() {
            return false;
        }
    }

    DestroyKafka(Brokers brokers) {
        super(Change.DESTROY, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, brokers);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        return switch (step) {
            case WAIT_FOR_OTHERS -> {
                task.cancelOthers();
                List<UUID> others = task.unfinishedBefore();
                yield others.isEmpty()
                        ? Next.go(Steps.STOP)
                        : Next.waitFor(
                                others.getFirst(), others.size() + " other operations of the cluster are ending");
            }
            case STOP -> {
                brokers.end(task.wish().id());
                yield Next.go(Steps.REMOVE);
            }
            case REMOVE -> {
                brokers.remove(task.wish().id());
                yield Next.done(null);
            }
            case ROLL_BACK -> Next.done(null);
        };
    }
}
