package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.dataplane.kubernetes.server.OperatorWord;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Primary;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Lets a standby node take the primary's place: CloudNativePG is told which, and does it. Addresses and credentials stay. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class SwitchOverOnKubernetes extends KubernetesProgram<SwitchOverOnKubernetes.Steps, ClusterFacts> {

    /** More is waited for: who takes over replays it while nobody can write. */
    private static final long CLOSE = 16L << 20;

    public enum Steps implements Step {
        CHECK("Choosing the node that follows most closely", Duration.ofMinutes(1)),
        SWITCH("Waiting for CloudNativePG to let it take the primary's place", Duration.ofMinutes(5)),
        FOLLOW("Waiting until the old primary follows", Duration.ofMinutes(10)),
        ROLL_BACK("Ending after a failure", Duration.ofMinutes(1));

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
            return this == CHECK;
        }
    }

    SwitchOverOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.SWITCH_OVER, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        OperatorWord word = projection.word(task.wish().id());
        return switch (step) {
            case CHECK -> check(task, word);
            case SWITCH -> switchOver(task, word);
            case FOLLOW -> follow(task, word);
            case ROLL_BACK -> Next.done(null);
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task, OperatorWord word) throws SQLException {
        String why = word.healthy(task.wish().nodes())
                .map(OperatorWord.Waiting::why)
                .or(() -> heir(task.wish()).why())
                .orElse(null);
        if (why == null) {
            task.keep(task.facts().withPrimaryBefore(word.primary().current()));
            return Next.go(Steps.SWITCH);
        }
        if (task.overdue()) {
            throw new OperationFailed("no standby node can take the primary's place; nothing was changed. " + why);
        }
        return Next.waitFor(LOOK, why);
    }

    /** Asked for once: whatever was under way when this process ended is only looked at. */
    private Next switchOver(Task<ClusterSpec, ClusterFacts> task, OperatorWord word) {
        Primary primary = word.primary();
        String before = task.facts().primaryBefore();
        if (!primary.current().equals(before)) {
            Map<String, Object> receipt = new LinkedHashMap<>();
            receipt.put("from", before);
            receipt.put("to", primary.current());
            receipt.put("promoted_after_ms", primary.tookMs());
            task.keep(task.facts().withSwitched(receipt));
            return Next.go(Steps.FOLLOW);
        }
        if (!primary.target().equals(before)) {
            return task.overdue()
                    ? takeBack(task.wish(), primary, word)
                    : Next.waitFor(
                            LOOK,
                            primary.target() + " is to take the place of " + before
                                    + "; CloudNativePG has not let it yet");
        }
        Heir heir = heir(task.wish());
        if (task.overdue()) {
            throw new OperationFailed(
                    "no standby node has taken the primary's place in time; nothing was changed. It is still " + before
                            + heir.why().map(why -> ". " + why).orElse("; is CloudNativePG's operator running?"));
        }
        if (heir.name().isEmpty()) {
            return Next.waitFor(LOOK, heir.why().orElse(""));
        }
        word.promote(heir.name().get(), now());
        return Next.waitFor(LOOK, heir.name().get() + " is to take the place of " + before);
    }

    /**
     * Nobody has acted on the wish as long as the primary takes writes: before another one is promoted it is stopped. From then on there is
     * no way back, only forward.
     */
    private Next takeBack(ClusterSpec spec, Primary primary, OperatorWord word) {
        if (writable(spec, primary.current()).isPresent()) {
            return Next.waitFor(LOOK, primary.target() + " is taking the place of " + primary.current());
        }
        word.keep(primary);
        // The next look finds the step past its end, and fails.
        return Next.waitFor(LOOK, primary.current() + " stays the primary");
    }

    /** The operator's word and the server's: one that is healthy may be the one that was. */
    private Next follow(Task<ClusterSpec, ClusterFacts> task, OperatorWord word) {
        Optional<OperatorWord.Waiting> waiting = word.healthy(task.wish().nodes())
                .or(() -> writable(task.wish(), word.primary().current()));
        return waiting.map(left -> wait(left, task))
                .orElseGet(() -> Next.done(task.facts().switched()));
    }

    private Optional<OperatorWord.Waiting> writable(ClusterSpec spec, String primary) {
        Optional<Instances.Instance> found = projection.instances(spec.id()).all().stream()
                .filter(instance -> instance.primary() && instance.name().equals(primary))
                .findFirst();
        Optional<Effects> effects = projection.effects(spec);
        if (found.isEmpty() || effects.isEmpty()) {
            return Optional.of(OperatorWord.Waiting.on("the pod " + primary + " is not the primary yet"));
        }
        try {
            return effects.get().takesWrites(found.get())
                    ? Optional.empty()
                    : Optional.of(OperatorWord.Waiting.on("the server " + primary + " takes no writes yet"));
        } catch (SQLException e) {
            return Optional.of(unanswered(e));
        }
    }

    /**
     * Who is to take over.
     *
     * @param name empty when nobody can just now
     * @param why nobody can
     */
    private record Heir(Optional<String> name, Optional<String> why) {
        static Heir nobody(String why) {
            return new Heir(Optional.empty(), Optional.of(why));
        }
    }

    private Heir heir(ClusterSpec spec) {
        List<Instances.Instance> standbys = projection.instances(spec.id()).all().stream()
                .filter(instance -> !instance.primary())
                .toList();
        if (standbys.isEmpty()) {
            return Heir.nobody("It has none");
        }
        Map<String, Long> behind;
        try {
            Optional<Effects> effects = projection.effects(spec);
            if (effects.isEmpty()) {
                return Heir.nobody("CloudNativePG has not made the cluster's CA yet");
            }
            behind = effects.get().followers();
        } catch (SQLException e) {
            return Heir.nobody("the primary does not say who follows it: " + e.getMessage());
        }
        Optional<Instances.Instance> closest = standbys.stream()
                .filter(instance -> instance.ready() && behind.containsKey(instance.name()))
                .min(Comparator.comparing(instance -> behind.get(instance.name())));
        if (closest.isEmpty()) {
            return Heir.nobody(standbys.stream()
                    .map(instance ->
                            instance.name() + (instance.ready() ? " does not follow the primary" : " is not ready"))
                    .collect(Collectors.joining("; ")));
        }
        long left = behind.getOrDefault(closest.get().name(), 0L);
        return left > CLOSE
                ? Heir.nobody(closest.get().name() + ", the closest, has " + (left >> 20) + " MiB of WAL to replay")
                : new Heir(Optional.of(closest.get().name()), Optional.empty());
    }

    /** It can be cancelled as long as nothing was changed; that the cluster has all of its settings says nothing of it. */
    @Override
    public boolean inForce(Task<ClusterSpec, ClusterFacts> task) {
        return false;
    }

    @Override
    protected String afterFailure() {
        return "CloudNativePG was asked for it, and may still do it.";
    }
}
