package dev.mooring.dataplane.kubernetes.program.upgrade;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.KubernetesProgram;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.MajorVersion;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.dataplane.kubernetes.server.UpgradeSql;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Another major version, in place: CloudNativePG is given its image, stops every server, lets a job run pg_upgrade on the primary's volume,
 * and makes those that follow anew. As long as the job has not begun, or when it has failed, the image before brings the old version back.
 */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class UpgradeOnKubernetes extends KubernetesProgram<UpgradeOnKubernetes.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking for what stands in the way of the upgrade", Duration.ofMinutes(2)),
        PREPARE("Waiting until every server has the settings that it should have", Duration.ofMinutes(10)),
        BACK_UP("Backing up the old version", Duration.ofHours(12)),
        ARCHIVE("Waiting until what was written last is archived", Duration.ofMinutes(10)),
        UPGRADE("Waiting for CloudNativePG to upgrade the data; nobody can connect meanwhile", Duration.ofHours(2)),
        STATISTICS("Collecting the planner's statistics", Duration.ofHours(4)),
        FOLLOW("Waiting until every server runs the new version", Duration.ofHours(12)),
        SECURE("Backing up the new version", Duration.ofHours(12)),
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

        /** Not any more once the job has begun: see {@link #inForce}. */
        @Override
        public boolean cancellable() {
            return compareTo(UPGRADE) <= 0;
        }
    }

    UpgradeOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> {
                task.keep(PrecheckOnKubernetes.look(projection, task.wish()));
                yield Next.go(Steps.PREPARE);
            }
            case PREPARE -> prepare(task);
            case BACK_UP ->
                projection.archive().has(task.wish().id())
                        ? unchanged(new UpgradeBackups(projection, task).before(), task, Steps.ARCHIVE)
                        : Next.go(Steps.UPGRADE);
            case ARCHIVE -> unchanged(new UpgradeBackups(projection, task).archived(now()), task, Steps.UPGRADE);
            case UPGRADE -> upgrade(task);
            case STATISTICS -> statistics(task);
            case FOLLOW -> follow(task);
            case SECURE -> secure(task);
            case ROLL_BACK -> goBack(task);
        };
    }

    /** The operator takes no change of image and parameters at once. */
    private Next prepare(Task<ClusterSpec, UpgradeFacts> task) {
        ClusterSpec before = PrecheckOnKubernetes.before(task.wish());
        projection.apply(before);
        return unchanged(projection.servers(before).or(() -> settled(before)), task, Steps.BACK_UP);
    }

    /** For what has changed nothing yet: an operation that waits for ever would keep its owner from mending what it waits for. */
    private Next unchanged(Optional<Waiting> waiting, Task<ClusterSpec, UpgradeFacts> task, Steps next) {
        if (waiting.isPresent() && task.overdue()) {
            throw new OperationFailed("the upgrade cannot begin; nothing was changed. "
                    + waiting.get().why());
        }
        return after(waiting, task, next);
    }

    private Effects effects(ClusterSpec spec) throws SQLException {
        return projection
                .effects(spec)
                .orElseThrow(() -> new SQLException("CloudNativePG has not made the cluster's CA yet", "08000"));
    }

    private MajorVersion major(ClusterSpec spec) {
        return new MajorVersion(projection.objects(), spec.id());
    }

    private Next upgrade(Task<ClusterSpec, UpgradeFacts> task) {
        ClusterSpec spec = task.wish();
        ClusterFacts.Update update = task.facts().requiredUpdate();
        MajorVersion major = major(spec);
        if (major.reached(spec.version())) {
            return opened(task);
        }
        boolean archived = projection.archive().has(spec.id());
        if (!projection.image(spec).equals(update.image())) {
            if (archived) {
                // What an earlier try has left there: servers begin with an archive that is empty.
                Optional<Waiting> waiting = new UpgradeBackups(projection, task).takenBack();
                if (waiting.isPresent()) {
                    return unchanged(waiting, task, Steps.UPGRADE);
                }
            }
            projection.run(spec, update.requiredImage(), Names.archivedServer(spec.id(), spec.version()));
        }
        task.keep(task.facts().withWalAside(archived));
        major.failure().ifPresent(why -> {
            throw new OperationFailed(why + ". " + afterFailure());
        });
        Waiting waiting = projection
                .word(spec.id())
                .healthy(spec.nodes())
                .orElseGet(() -> Waiting.on("CloudNativePG has not begun with the upgrade yet"));
        // What has begun is waited for, however long it takes: it is worse to end it.
        if (task.overdue() && !major.running()) {
            throw new OperationFailed(
                    "CloudNativePG has not upgraded the data in time: " + waiting.why() + ". " + afterFailure());
        }
        return wait(waiting, task);
    }

    /** The new version's first word. There is no way back from here on. */
    private Next opened(Task<ClusterSpec, UpgradeFacts> task) {
        try {
            String version = effects(task.wish()).version();
            serves(task);
            task.keep(task.facts().withSemanticVersion(version).refused(null));
            return Next.go(Steps.STATISTICS);
        } catch (SQLException e) {
            if (task.overdue()) {
                throw new OperationFailed("the data are those of PostgreSQL "
                        + task.wish().version() + " and its server does not serve: "
                        + unanswered(e).why());
            }
            return Next.waitFor(LOOK, unanswered(e).why());
        }
    }

    private void serves(Task<ClusterSpec, UpgradeFacts> task) {
        String now = now().toString();
        UpgradeFacts facts = task.facts();
        projection
                .archive()
                .upgraded(
                        task.wish().id(),
                        task.wish().version(),
                        Instant.parse(facts.closedAt() == null ? now : facts.closedAt()));
        if (facts.servesSince() == null) {
            task.keep(facts.withServesSince(now));
        }
    }

    private Next statistics(Task<ClusterSpec, UpgradeFacts> task) {
        try {
            UpgradeSql sql = new UpgradeSql(effects(task.wish()));
            UpgradeFacts facts = task.facts();
            for (String note : sql.updateExtensions()) {
                facts = facts.noted(note);
            }
            for (String note : sql.collectStatistics()) {
                facts = facts.noted(note);
            }
            task.keep(facts);
            return Next.go(Steps.FOLLOW);
        } catch (SQLException e) {
            return onceServed(Optional.of(unanswered(e)), task, Steps.FOLLOW);
        }
    }

    /** What is not well once the new version serves is another matter, which its owner may have to mend. */
    private Next onceServed(Optional<Waiting> waiting, Task<ClusterSpec, UpgradeFacts> task, Steps next) {
        if (waiting.isPresent() && !task.overdue()) {
            return Next.waitFor(LOOK, waiting.get().why());
        }
        waiting.ifPresent(left -> task.keep(task.facts().noted("was not waited for any longer: " + left.why())));
        return Next.go(next);
    }

    private Next follow(Task<ClusterSpec, UpgradeFacts> task) {
        ClusterSpec spec = task.wish();
        return onceServed(
                projection
                        .servers(spec)
                        .or(() -> projection.instances(spec.id()).all().stream()
                                .filter(instance -> !instance.image()
                                        .equals(task.facts().requiredUpdate().image()))
                                .findFirst()
                                .map(old -> Waiting.on("the server " + old.name() + " still runs " + old.image())))
                        .or(() -> settled(spec)),
                task,
                Steps.SECURE);
    }

    /** Without one the next is due at once, and again and again until there is one. */
    private Next secure(Task<ClusterSpec, UpgradeFacts> task) {
        return new UpgradeBackups(projection, task)
                .after()
                .map(waiting -> Next.waitFor(LOOK, waiting.why()))
                .orElseGet(() -> Next.done(task.facts().receipt()));
    }

    private Next goBack(Task<ClusterSpec, UpgradeFacts> task) {
        ClusterSpec spec = task.wish();
        ClusterFacts.Update update = task.facts().update();
        if (update == null) {
            return Next.done(null);
        }
        MajorVersion major = major(spec);
        if (major.reached(spec.version())) {
            serves(task);
            return Next.done(task.facts().receipt());
        }
        if (major.running()) {
            return Next.waitFor(LOOK, "the upgrade works on the data just now, and is not ended in the middle");
        }
        new UpgradeBackups(projection, task).forgetUnfinished();
        ClusterSpec before = PrecheckOnKubernetes.before(spec);
        if (!projection.image(spec).equals(update.imageBefore())) {
            projection.run(
                    before, update.requiredImageBefore(), projection.archive().server(spec.id(), before.version()));
        }
        long back = projection.instances(spec.id()).all().stream()
                .filter(instance -> instance.ready() && instance.image().equals(update.imageBefore()))
                .count();
        Optional<Waiting> waiting = back < spec.nodes()
                ? Optional.of(Waiting.on(back + " of " + spec.nodes() + " servers run " + update.imageBefore()))
                : task.facts().walAside() ? new UpgradeBackups(projection, task).takenBack() : Optional.empty();
        return waiting.isEmpty() || task.overdue()
                ? Next.done(null)
                : Next.waitFor(LOOK, waiting.get().why());
    }

    /** Whether it is too late to end it: a job that works on the data is left alone. */
    @Override
    public boolean inForce(Task<ClusterSpec, UpgradeFacts> task) {
        MajorVersion major = major(task.wish());
        return major.reached(task.wish().version()) || major.running();
    }

    @Override
    protected String afterFailure() {
        return "The version before is put back.";
    }
}
