package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Makes a running cluster match its spec. What is refused goes back to the spec that was in force before. */
abstract class ReconcileOnKubernetes extends KubernetesProgram<ReconcileOnKubernetes.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Checking what can be changed", Duration.ofMinutes(2)),
        APPLY("Waiting for CloudNativePG to change the servers", Duration.ofMinutes(30)),
        MEMBERS("Changing users and databases", Duration.ofMinutes(5)),
        POOLS("Changing connection pools", Duration.ofMinutes(5)),
        ASK("Asking every server whether it has its settings", Duration.ofMinutes(10)),
        DROP("Dropping pools, users and databases that are gone", Duration.ofMinutes(5)),
        ROLL_BACK("Putting the previous settings back", Duration.ofMinutes(5));

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

        @Override
        public boolean cancellable() {
            return this != DROP;
        }
    }

    protected ReconcileOnKubernetes(Change change, Projection projection, KubernetesSettings settings, Clock clock) {
        super(change, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, settings, clock);
    }

    /** Refuses what would be refused halfway; nothing has been changed yet. */
    protected abstract void check(ClusterSpec spec) throws Exception;

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        return switch (step) {
            case CHECK -> {
                check(spec);
                projection.apply(spec);
                yield Next.go(Steps.APPLY);
            }
            case APPLY -> after(projection.servers(spec), task, Steps.MEMBERS);
            case MEMBERS -> after(members(spec).settle(), task, Steps.POOLS);
            case POOLS -> after(poolers(spec).settle(), task, Steps.ASK);
            case ASK -> after(settled(spec), task, Steps.DROP);
            case DROP ->
                dropped(spec)
                        .map(left -> Next.waitFor(LOOK, left.why()))
                        .orElseGet(() -> Next.done(Map.of("nodes", spec.nodes())));
            case ROLL_BACK -> putBack(spec);
        };
    }

    private Next putBack(ClusterSpec refused) {
        Optional<ClusterSpec> before = projection.remembered(refused.id());
        if (before.isPresent()) {
            projection.apply(before.get());
            members(before.get()).forgetOthers();
            members(before.get()).settle();
            poolers(before.get()).dropOthers();
            poolers(before.get()).apply();
        }
        return Next.done(null);
    }

    @Override
    protected String afterFailure() {
        return "What was in force before is applied again.";
    }
}
