package dev.mooring.dataplane.kubernetes.program.replica;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.KubernetesProgram;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.program.Removal;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A read-only node: a Cluster of its own in replica mode, which copies the primary of another one and goes on following it. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class FollowOnKubernetes extends KubernetesProgram<FollowOnKubernetes.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Looking at the cluster to follow", Duration.ofMinutes(2)),
        COPY("Waiting for CloudNativePG to copy the primary", Duration.ofHours(12)),
        CATCH_UP("Waiting until it follows", Duration.ofHours(1)),
        ASK("Asking the server whether it has its settings", Duration.ofMinutes(5)),
        ROLL_BACK("Removing what was made", Duration.ofMinutes(5));

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

        @Override
        public Duration deadline() {
            return deadline;
        }
    }

    FollowOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.FOLLOW, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec node = task.wish();
        return switch (step) {
            case CHECK -> check(task);
            case COPY -> after(projection.servers(node), task, Steps.CATCH_UP);
            case CATCH_UP -> catchUp(task);
            case ASK -> ask(task);
            case ROLL_BACK ->
                new Removal(projection, node.id())
                        .go(now())
                        .map(left -> Next.waitFor(LOOK, left.why()))
                        .orElseGet(() -> Next.done(null));
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec source = projection.source(task.wish());
        projection.present(source);
        try {
            Effects primary = projection.effects(source).orElseThrow(KubernetesProgram::noAuthority);
            if (task.facts().through() == null) {
                task.keep(task.facts().withThrough(primary.mark()));
            }
        } catch (SQLException e) {
            if (task.overdue()) {
                throw new OperationFailed("the cluster that it is to follow does not answer; nothing was created. "
                        + unanswered(e).why());
            }
            return Next.waitFor(LOOK, unanswered(e).why());
        }
        projection.create(task.wish());
        return Next.go(Steps.COPY);
    }

    /** What was committed before somebody asked for it is there. */
    private Next catchUp(Task<ClusterSpec, ClusterFacts> task) {
        Optional<Waiting> waiting;
        try {
            Effects node = projection.effects(task.wish()).orElseThrow(KubernetesProgram::noAuthority);
            long behind = task.facts().requiredThrough() - node.replayed();
            waiting = behind <= 0
                    ? Optional.empty()
                    : Optional.of(Waiting.on(behind + " bytes of the primary's WAL are to be replayed"));
        } catch (SQLException e) {
            waiting = Optional.of(unanswered(e));
        }
        return after(waiting, task, Steps.ASK);
    }

    /** The cluster may have got other settings meanwhile, by somebody who did not see this one yet. */
    private Next ask(Task<ClusterSpec, ClusterFacts> task) throws SQLException {
        ClusterSpec node = task.wish();
        long revision = projection.source(node).revision();
        projection.apply(node);
        Optional<Waiting> waiting = projection.servers(node).or(() -> settled(node));
        if (waiting.isPresent()) {
            return wait(waiting.get(), task);
        }
        if (projection.source(node).revision() != revision) {
            return Next.waitFor(LOOK, "the cluster that it follows has just got other settings");
        }
        String version = projection
                .effects(node)
                .orElseThrow(KubernetesProgram::noAuthority)
                .version();
        task.keep(task.facts().withSemanticVersion(version).withRefusedSince(null));
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("version", version);
        receipt.put("follows", node.follows());
        return Next.done(receipt);
    }

    @Override
    protected String afterFailure() {
        return "What was made is removed; create it again when the cause is gone.";
    }
}
