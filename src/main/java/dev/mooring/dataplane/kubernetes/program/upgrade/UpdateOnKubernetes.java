package dev.mooring.dataplane.kubernetes.program.upgrade;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.client.PostgresImages;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.KubernetesProgram;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The newest minor version of a cluster's major, by another image: CloudNativePG replaces the servers one after the other, those that
 * follow first, and lets one of them take the primary's place before it replaces that.
 */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class UpdateOnKubernetes extends KubernetesProgram<UpdateOnKubernetes.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Looking for a newer minor version", Duration.ofMinutes(2)),
        PREPARE("Waiting until every server has the settings that it should have", Duration.ofMinutes(10)),
        FOLLOWERS("Waiting for CloudNativePG to replace read-only nodes", Duration.ofHours(1)),
        ROLL_OUT("Waiting for CloudNativePG to replace the servers", Duration.ofHours(1)),
        ROLL_BACK("Putting the version before back", Duration.ofMinutes(10));

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
            return this != ROLL_BACK;
        }
    }

    UpdateOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.INSTALL_UPDATE, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> check(task);
            case PREPARE -> prepare(task);
            case FOLLOWERS -> followers(task);
            case ROLL_OUT -> rollOut(task);
            case ROLL_BACK -> goBack(task);
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec spec = task.wish();
        PostgresImages.Release newest = projection.newest(spec);
        String image = projection.image(spec);
        String running;
        try {
            running = effects(spec).version();
        } catch (SQLException e) {
            return waitOrFail(unanswered(e), task);
        }
        if (!newest.newerThan(running)) {
            task.keep(task.facts().withSemanticVersion(running));
            return Next.done(Map.of("version", running, "updated", false));
        }
        task.keep(task.facts()
                .withSemanticVersion(newest.version())
                .withPrimaryBefore(projection.word(spec.id()).primary().current())
                .withUpdate(new ClusterFacts.Update(running, image, newest.image())));
        return Next.go(Steps.PREPARE);
    }

    /** The operator takes no change of image and parameters at once, and who is replaced now should not have to be so again. */
    private Next prepare(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec spec = task.wish();
        projection.apply(spec);
        Optional<Waiting> waiting = projection.servers(spec).or(() -> settled(spec));
        return waiting.isPresent() && !waiting.get().refused()
                ? waitOrFail(waiting.get(), task)
                : after(waiting, task, Steps.FOLLOWERS);
    }

    /** Who follows may be newer than who is followed, and not the other way round: what is new in WAL is known to newer ones alone. */
    private Next followers(Task<ClusterSpec, ClusterFacts> task) {
        Optional<Waiting> waiting =
                followers(task.wish()).run(task.facts().requiredUpdate().requiredImage());
        if (waiting.isPresent() && task.overdue()) {
            throw new OperationFailed(
                    waiting.get().why() + ". Delete it, or mend it, and try again. " + afterFailure());
        }
        return after(waiting, task, Steps.ROLL_OUT);
    }

    /** For what has changed nothing yet: an operation that waits for ever would keep its owner from mending what it waits for. */
    private static Next waitOrFail(Waiting waiting, Task<ClusterSpec, ClusterFacts> task) {
        if (task.overdue() || waiting.refused()) {
            throw new OperationFailed("the update cannot begin; nothing was changed. " + waiting.why());
        }
        return Next.waitFor(LOOK, waiting.why());
    }

    private Next rollOut(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec spec = task.wish();
        ClusterFacts.Update update = task.facts().requiredUpdate();
        projection.run(spec, update.requiredImage());
        List<Instances.Instance> replaced = replaced(task);
        boolean all = replaced.size() == spec.nodes();
        Optional<Waiting> unproven = unproven(task, replaced);
        Optional<Waiting> waiting = unproven.or(() -> projection.word(spec.id()).healthy(spec.nodes()))
                .or(() -> all
                        ? settled(spec)
                        : Optional.of(Waiting.on(replaced.size() + " of " + spec.nodes() + " servers run "
                                + update.image() + "; CloudNativePG is to replace the others")));
        // What is not well with all servers on the new version is another matter, which its owner may have to mend.
        if (waiting.isEmpty() || (task.overdue() && all && unproven.isEmpty())) {
            return done(task);
        }
        if (task.overdue()) {
            throw new OperationFailed("CloudNativePG has replaced " + replaced.size() + " of " + spec.nodes()
                    + " servers and does not go on: " + waiting.get().why() + ". " + afterFailure());
        }
        return wait(waiting.get(), task);
    }

    /** Whose pods have the image and are up. */
    private List<Instances.Instance> replaced(Task<ClusterSpec, ClusterFacts> task) {
        return projection.instances(task.wish().id()).all().stream()
                .filter(instance -> instance.ready()
                        && !instance.address().isEmpty()
                        && instance.image().equals(task.facts().requiredUpdate().image()))
                .toList();
    }

    /**
     * Whether they run what they should, by their own word.
     *
     * @throws OperationFailed when the image has another version than the settings say: no waiting changes that
     */
    private Optional<Waiting> unproven(Task<ClusterSpec, ClusterFacts> task, List<Instances.Instance> replaced) {
        String wanted = task.facts().semanticVersion();
        try {
            for (Instances.Instance instance : replaced) {
                String version = effects(task.wish()).version(instance);
                if (!version.equals(wanted)) {
                    throw new OperationFailed("the image " + instance.image() + " has PostgreSQL " + version
                            + ", as the server " + instance.name() + " says, and not " + wanted
                            + " as MOORING_KUBERNETES_IMAGES says. " + afterFailure());
                }
            }
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(unanswered(e));
        }
    }

    private Effects effects(ClusterSpec spec) throws SQLException {
        return projection
                .effects(spec)
                .orElseThrow(() -> new SQLException("CloudNativePG has not made the cluster's CA yet", "08000"));
    }

    private Next done(Task<ClusterSpec, ClusterFacts> task) {
        ClusterFacts facts = task.facts();
        Map<String, Object> receipt = new LinkedHashMap<>();
        ClusterFacts.Update update = facts.requiredUpdate();
        receipt.put("from", update.from());
        receipt.put("version", facts.semanticVersion());
        receipt.put("updated", true);
        receipt.put("image_before", update.imageBefore());
        receipt.put("image", update.image());
        receipt.put("nodes", task.wish().nodes());
        receipt.put("primary_before", facts.primaryBefore());
        receipt.put("primary", projection.word(task.wish().id()).primary().current());
        task.keep(facts.withRestart().withRefusedSince(null));
        return Next.done(receipt);
    }

    /** What was in force before says nothing of the image. */
    @Override
    public boolean inForce(Task<ClusterSpec, ClusterFacts> task) {
        if (task.facts().update() == null) {
            return false;
        }
        List<Instances.Instance> replaced = replaced(task);
        return replaced.size() == task.wish().nodes()
                && unproven(task, replaced).isEmpty();
    }

    private Next goBack(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec spec = task.wish();
        ClusterFacts.Update update = task.facts().update();
        if (update == null) {
            return Next.done(null);
        }
        projection.run(spec, update.requiredImageBefore());
        projection.replaceStuck(spec, update.requiredImageBefore());
        followers(spec).goBack(update.requiredImageBefore());
        // Ready or not: what was not before does not become so by waiting here.
        long back = projection.instances(spec.id()).all().stream()
                .filter(instance -> instance.image().equals(update.imageBefore()))
                .count();
        return back == spec.nodes() || task.overdue()
                ? Next.done(null)
                : Next.waitFor(LOOK, back + " of " + spec.nodes() + " servers run " + update.imageBefore());
    }

    @Override
    protected String afterFailure() {
        return "The version before is put back.";
    }
}
