package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The end of a cluster and of its data. Whatever else is under way for it is asked to end first. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class DestroyOnKubernetes extends KubernetesProgram<DestroyOnKubernetes.Steps, ClusterFacts> {

    public enum Steps implements Step {
        WAIT_FOR_OTHERS("Waiting for other operations to end", Duration.ofMinutes(10)),
        ARCHIVE("Waiting until what was written last is archived", Duration.ofMinutes(3)),
        REMOVE("Deleting the cluster's objects", Duration.ofMinutes(10)),
        ROLL_BACK("Ending after a failure", Duration.ofMinutes(10));

        private final String words;
        private final Duration deadline;

        Steps(String words, Duration deadline) {
            this.words = words;
            this.deadline = deadline;
        }

        @Override
        public String words() {
            return words;
        }

        /** Servers are given time to stop. */
        @Override
        public Duration deadline() {
            return deadline;
        }

        @Override
        public boolean cancellable() {
            return false;
        }
    }

    DestroyOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.DESTROY, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) {
        return switch (step) {
            case WAIT_FOR_OTHERS -> {
                task.cancelOthers();
                List<UUID> others = task.unfinishedBefore();
                yield others.isEmpty()
                        ? Next.go(Steps.ARCHIVE)
                        : Next.waitFor(
                                others.getFirst(), others.size() + " other operations of the cluster are ending");
            }
            case ARCHIVE -> archive(task);
            case REMOVE -> {
                Optional<Waiting> left = new Removal(projection, task.wish().id())
                        .go(now().plus(projection.archive().grace()));
                yield left.isPresent() ? wait(left.get(), task) : Next.done(null);
            }
            case ROLL_BACK -> Next.done(null);
        };
    }

    /** A cluster whose servers do not answer is deleted as well, after a while; one that never served has nothing to be archived. */
    private Next archive(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec spec = task.wish();
        if (task.overdue()
                || !projection.archive().has(spec.id())
                || projection.remembered(spec.id()).isEmpty()) {
            return Next.go(Steps.REMOVE);
        }
        try {
            Optional<Effects> effects = projection.effects(spec);
            if (effects.isEmpty()) {
                return Next.go(Steps.REMOVE);
            }
            if (task.facts().through() == null) {
                task.keep(task.facts().withThrough(effects.get().mark()));
            }
            return effects.get().archived(task.facts().requiredThrough())
                    ? Next.go(Steps.REMOVE)
                    : Next.waitFor(LOOK, "what was written last is not archived yet");
        } catch (SQLException e) {
            return Next.waitFor(LOOK, unanswered(e).why());
        }
    }

    @Override
    protected String afterFailure() {
        return "Delete the cluster once more when the cause is gone.";
    }
}
