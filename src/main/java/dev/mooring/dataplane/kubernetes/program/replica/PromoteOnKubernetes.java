package dev.mooring.dataplane.kubernetes.program.replica;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.PromotionFacts;
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
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a cluster of its own of a read-only node: same address, same data, users and an archive of its own. What the primary had committed
 * when this began comes along, unless the primary does not answer. Once it takes writes it cannot go back to following; when this fails
 * then, it is copied afresh.
 */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class PromoteOnKubernetes extends KubernetesProgram<PromoteOnKubernetes.Steps, PromotionFacts> {

    public enum Steps implements Step {
        CATCH_UP("Replaying what the primary has committed", Duration.ofMinutes(1)),
        PROMOTE("Waiting for CloudNativePG to end the following", Duration.ofMinutes(10)),
        SET_UP("Setting users and passwords", Duration.ofMinutes(10)),
        ARCHIVE("Giving it an archive of its own", Duration.ofMinutes(15)),
        ASK("Asking the server whether it has its settings", Duration.ofMinutes(5)),
        ROLL_BACK("Following again", Duration.ofHours(12));

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
            return this == CATCH_UP;
        }
    }

    private static final long NO_PRIMARY = -1;

    PromoteOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.PROMOTE, Steps.class, Steps.ROLL_BACK, PromotionFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, PromotionFacts> task) throws Exception {
        ClusterSpec own = task.wish().withFollows(null);
        return switch (step) {
            case CATCH_UP -> catchUp(task);
            case PROMOTE -> promote(task, own);
            case SET_UP -> orFail(members(own).settle().or(() -> poolers(own).settle()), task, Steps.ARCHIVE);
            case ARCHIVE -> {
                projection.apply(own);
                yield orFail(projection.servers(own), task, Steps.ASK);
            }
            case ASK -> ask(task, own);
            case ROLL_BACK -> followAgain(task);
        };
    }

    private Next catchUp(Task<ClusterSpec, PromotionFacts> task) throws SQLException {
        ClusterSpec node = task.wish();
        projection.present(node);
        if (task.facts().through() == null) {
            task.keep(task.facts()
                    .withVersion(node.version())
                    .withThrough(written(node))
                    .withSince(now().toString()));
        }
        Waiting waiting;
        try {
            long behind = task.facts().requiredThrough()
                    - projection
                            .effects(node)
                            .orElseThrow(KubernetesProgram::noAuthority)
                            .replayed();
            if (behind <= 0) {
                return Next.go(Steps.PROMOTE);
            }
            waiting = Waiting.on(behind + " bytes of the primary's WAL are to be replayed");
        } catch (SQLException e) {
            waiting = unanswered(e);
        }
        if (task.overdue()) {
            throw new OperationFailed(
                    "the read-only node does not catch up: " + waiting.why() + ". It follows as before");
        }
        return Next.waitFor(LOOK, waiting.why());
    }

    private long written(ClusterSpec node) {
        try {
            Optional<Effects> primary = projection.effects(projection.source(node));
            return primary.isPresent() ? primary.get().mark() : NO_PRIMARY;
        } catch (SQLException away) {
            return NO_PRIMARY;
        }
    }

    /** The archive comes later: the operator would replace the server for it while it promotes it. */
    private Next promote(Task<ClusterSpec, PromotionFacts> task, ClusterSpec own) {
        projection.alone(() -> projection.run(own, projection.image(own), null));
        return orFail(projection.word(own.id()).healthy(own.nodes()).or(() -> follows(own)), task, Steps.SET_UP);
    }

    private Optional<Waiting> follows(ClusterSpec own) {
        try {
            return projection
                            .effects(own)
                            .orElseThrow(KubernetesProgram::noAuthority)
                            .takesWrites()
                    ? Optional.empty()
                    : Optional.of(Waiting.on("CloudNativePG has not let it take writes yet"));
        } catch (SQLException e) {
            return Optional.of(unanswered(e));
        }
    }

    /** What has to become so within the step's time: its owner has a read-only node again where it does not. */
    private Next orFail(Optional<Waiting> waiting, Task<ClusterSpec, PromotionFacts> task, Steps next) {
        if (waiting.isPresent() && task.overdue()) {
            throw new OperationFailed(waiting.get().why() + ". " + afterFailure());
        }
        return after(waiting, task, next);
    }

    private Next ask(Task<ClusterSpec, PromotionFacts> task, ClusterSpec own) throws SQLException {
        Optional<Waiting> missing = settled(own);
        if (missing.isPresent()) {
            return orFail(missing, task, Steps.ASK);
        }
        String version = projection
                .effects(own)
                .orElseThrow(KubernetesProgram::noAuthority)
                .version();
        task.keep(task.facts().withSemanticVersion(version).refused(null));
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("followed", task.wish().follows());
        receipt.put("version", version);
        receipt.put("caught_up", task.facts().requiredThrough() != NO_PRIMARY);
        return Next.done(receipt);
    }

    private Next followAgain(Task<ClusterSpec, PromotionFacts> task) throws IOException {
        ClusterSpec node = task.wish();
        boolean asked = projection
                .live(node.id())
                .filter(live -> !live.is("spec", "replica", "enabled"))
                .isPresent();
        if (projection.live(node.id()).isEmpty() || (asked && parted(node))) {
            Optional<Waiting> left = new Removal(projection, node.id()).go(now());
            if (left.isPresent()) {
                return Next.waitFor(LOOK, left.get().why());
            }
            projection.archive().forget(node.id());
        }
        projection.create(node);
        projection.remember(node);
        // A copy takes as long as its source is large, and until then nobody can read there; who deletes it does not
        // wait for that.
        Optional<Waiting> copied = projection.servers(node);
        return copied.isEmpty() || task.overdue() || task.cancelRequested()
                ? Next.done(null)
                : Next.waitFor(LOOK, copied.get().why());
    }

    /** Who does not answer may have. */
    private boolean parted(ClusterSpec node) {
        try {
            Optional<Effects> effects = projection.effects(node);
            return effects.isEmpty() || effects.get().takesWrites();
        } catch (SQLException e) {
            return true;
        }
    }

    /** That it has its settings says nothing of whether it follows. */
    @Override
    public boolean inForce(Task<ClusterSpec, PromotionFacts> task) {
        return projection
                .live(task.wish().id())
                .filter(live -> live.text("spec", "replica", "enabled")
                        .filter("false"::equals)
                        .isPresent())
                .isPresent();
    }

    @Override
    protected String afterFailure() {
        return "It is a read-only node again, copied afresh if it had parted already.";
    }
}
