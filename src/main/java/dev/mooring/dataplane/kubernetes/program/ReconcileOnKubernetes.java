package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Makes a running cluster match its spec. What is refused goes back to the spec that was in force before. */
abstract class ReconcileOnKubernetes extends KubernetesProgram<ReconcileOnKubernetes.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Checking what can be changed", Duration.ofMinutes(2)),
        RAISE("Waiting until read-only nodes have as much of everything as is to come", Duration.ofMinutes(15)),
        APPLY("Waiting for CloudNativePG to change the servers", Duration.ofMinutes(30)),
        MEMBERS("Changing users and databases", Duration.ofMinutes(5)),
        POOLS("Changing connection pools", Duration.ofMinutes(5)),
        ASK("Asking every server whether it has its settings", Duration.ofMinutes(10)),
        DROP("Dropping pools, users and databases that are gone", Duration.ofMinutes(5)),
        FOLLOWERS("Changing read-only nodes", Duration.ofMinutes(15)),
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
            return this != DROP && this != FOLLOWERS;
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
                yield Next.go(Steps.RAISE);
            }
            case RAISE -> raise(spec, task);
            case APPLY -> after(projection.servers(spec), task, Steps.MEMBERS);
            case MEMBERS -> after(members(spec).settle(), task, Steps.POOLS);
            case POOLS -> after(poolers(spec).settle(), task, Steps.ASK);
            case ASK -> after(settled(spec), task, Steps.DROP);
            case DROP ->
                dropped(spec).map(left -> Next.waitFor(LOOK, left.why())).orElseGet(() -> Next.go(Steps.FOLLOWERS));
            case FOLLOWERS -> follow(spec, task);
            case ROLL_BACK -> putBack(task);
        };
    }

    /** One that has less of some things than its source stops replaying. It is the first to get more and the last to get less. */
    private Next raise(ClusterSpec spec, Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec before = projection.remembered(spec.id()).orElse(spec);
        if (Following.moreThan(before, spec)) {
            Optional<Waiting> waiting = followers(before).settle(spec);
            if (waiting.isPresent() && !task.overdue()) {
                return Next.waitFor(LOOK, waiting.get().why());
            }
        }
        projection.apply(spec);
        return Next.go(Steps.APPLY);
    }

    /** The cluster itself is as it should be: one that is lost keeps nobody from changing it, and gets what it lacks with the next change. */
    private Next follow(ClusterSpec spec, Task<ClusterSpec, ClusterFacts> task) {
        Followers followers = followers(spec);
        Optional<Waiting> waiting =
                spec.follows() == null ? followers.replayed(task).or(() -> followers.settle(null)) : again(spec);
        if (waiting.isPresent() && !task.overdue()) {
            return Next.waitFor(LOOK, waiting.get().why());
        }
        if (waiting.isPresent()) {
            followers.settle(null);
        }
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("nodes", spec.nodes());
        waiting.ifPresent(left -> receipt.put("read_only_nodes", "were not waited for any longer: " + left.why()));
        return Next.done(receipt);
    }

    /** Of a read-only node, whose source may have got other settings meanwhile, and has left it alone. */
    private Optional<Waiting> again(ClusterSpec node) {
        projection.apply(node);
        return projection.servers(node).or(() -> settled(node));
    }

    private Next putBack(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec refused = task.wish();
        Optional<ClusterSpec> remembered = projection.remembered(refused.id());
        if (remembered.isEmpty()) {
            return Next.done(null);
        }
        ClusterSpec before = remembered.get();
        followers(before).settle(refused);
        projection.apply(before);
        boolean stuck = projection.replaceStuck(before);
        members(before).forgetOthers();
        members(before).settle();
        poolers(before).dropOthers();
        poolers(before).apply();
        if (stuck && !task.overdue()) {
            // The operator may not have heard yet what its next one is to be.
            return Next.waitFor(LOOK, "a server that no node takes is made anew with the size before");
        }
        return Grown.end(task, before, Projection.storageMib(projection.present(before)));
    }

    @Override
    protected String afterFailure() {
        return "What was in force before is applied again.";
    }
}
