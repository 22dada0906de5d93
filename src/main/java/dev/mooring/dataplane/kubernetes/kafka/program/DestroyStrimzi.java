package dev.mooring.dataplane.kubernetes.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.kafka.StrimziBrokers;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The end of a cluster and of its data. Whatever else is under way for it is asked to end first. Nothing is left: there is no archive. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class DestroyStrimzi extends StrimziProgram<DestroyStrimzi.Steps, ClusterFacts> {

    public enum Steps implements Step {
        WAIT_FOR_OTHERS("Waiting for other operations to end"),
        REMOVE("Deleting the cluster's objects"),
        ROLL_BACK("Ending after a failure");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        /** Brokers are given time to stop. */
        @Override
        public Duration deadline() {
            return Duration.ofMinutes(10);
        }

        @Override
        public boolean cancellable() {
            return false;
        }
    }

    DestroyStrimzi(StrimziProjection projection, StrimziBrokers brokers, KubernetesSettings settings, Clock clock) {
        super(Change.DESTROY, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, brokers, settings, clock);
    }

    @Override
    protected Next change(Steps step, Task<ClusterSpec, ClusterFacts> task) {
        return switch (step) {
            case WAIT_FOR_OTHERS -> {
                task.cancelOthers();
                List<UUID> others = task.unfinishedBefore();
                yield others.isEmpty()
                        ? Next.go(Steps.REMOVE)
                        : Next.waitFor(
                                others.getFirst(), others.size() + " other operations of the cluster are ending");
            }
            case REMOVE -> {
                brokers.forget(task.wish());
                Optional<Waiting> left = projection.remove(task.wish().id());
                yield left.isPresent() ? wait(left.get(), task) : Next.done(null);
            }
            case ROLL_BACK -> Next.done(null);
        };
    }

    @Override
    protected String afterFailure() {
        return "Delete the cluster once more when the cause is gone.";
    }
}
