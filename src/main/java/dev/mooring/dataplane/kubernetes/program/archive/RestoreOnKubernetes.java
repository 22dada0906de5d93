package dev.mooring.dataplane.kubernetes.program.archive;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.kubernetes.client.BucketArchive;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.MemberObjects;
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
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A new cluster with what another one held at some moment. Everything comes from that one's archive; it may be gone. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class RestoreOnKubernetes extends KubernetesProgram<RestoreOnKubernetes.Steps, RecoveryFacts> {

    /** From then on WAL of a moment is in the archive, whether the origin answers or not. */
    private static final Duration ARCHIVED_BY_ITSELF = Duration.ofMinutes(10);

    public enum Steps implements Step {
        COMPLETE("Completing the archive", Duration.ofMinutes(3)),
        CREATE("Waiting for CloudNativePG to recover the data", Duration.ofHours(12)),
        SET_UP("Setting users and passwords", Duration.ofMinutes(10)),
        ASK("Asking every server whether it has its settings", Duration.ofMinutes(5)),
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

    private final BucketArchive bucket;

    RestoreOnKubernetes(Projection projection, BucketArchive bucket, KubernetesSettings settings, Clock clock) {
        super(Change.RESTORE, Steps.class, Steps.ROLL_BACK, RecoveryFacts.NONE, projection, settings, clock);
        this.bucket = bucket;
    }

    @Override
    public Optional<String> missing() {
        return bucket.missing();
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, RecoveryFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        return switch (step) {
            case COMPLETE -> complete(task);
            case CREATE -> after(projection.servers(spec), task, Steps.SET_UP);
            case SET_UP -> setUp(task);
            case ASK -> ask(task);
            case ROLL_BACK ->
                new Removal(projection, spec.id())
                        .go(now())
                        .map(left -> Next.waitFor(LOOK, left.why()))
                        .orElseGet(() -> Next.done(null));
        };
    }

    /**
     * WAL comes into the archive in whole segments, and PostgreSQL refuses a moment after which nothing was committed. So the origin is
     * made to commit something and to archive it; one that does not answer any more has archived what it will.
     */
    private Next complete(Task<ClusterSpec, RecoveryFacts> task) {
        ClusterSpec spec = task.wish();
        projection.requireImage(spec);
        projection.archive().requireBackup(spec);
        Optional<Waiting> waiting = unarchived(task);
        if (waiting.isPresent() && !task.overdue()) {
            return Next.waitFor(LOOK, waiting.get().why());
        }
        task.keep(task.facts().withMissing(waiting.map(Waiting::why).orElse(null)));
        projection.create(spec);
        return Next.go(Steps.CREATE);
    }

    private Optional<Waiting> unarchived(Task<ClusterSpec, RecoveryFacts> task) {
        ClusterSpec spec = task.wish();
        ClusterSpec.Origin origin = Objects.requireNonNull(spec.origin());
        if (!projection.archive().has(origin.cluster())) {
            return Optional.empty();
        }
        boolean old = origin.at() != null
                && Instant.parse(origin.at()).plus(ARCHIVED_BY_ITSELF).isBefore(now());
        try {
            Optional<Effects> effects = projection.effects(origin.cluster(), spec.version());
            if (effects.isEmpty()) {
                return old ? Optional.empty() : Optional.of(Waiting.on("the origin's CA is not there"));
            }
            if (task.facts().through() == 0) {
                task.keep(task.facts().withThrough(effects.get().mark()));
            }
            return effects.get().archived(task.facts().through())
                    ? Optional.empty()
                    : Optional.of(Waiting.on("what the origin wrote last is not archived yet"));
        } catch (SQLException e) {
            return old
                    ? Optional.empty()
                    : Optional.of(Waiting.on("the origin does not say what it has archived: " + e.getMessage()));
        }
    }

    /** Who was a user then and is none now is not let in; what there is of databases is what there was. */
    private Next setUp(Task<ClusterSpec, RecoveryFacts> task) throws SQLException {
        ClusterSpec spec = task.wish();
        Optional<Waiting> waiting = members(spec).settle();
        if (waiting.isPresent()) {
            return wait(waiting.get(), task);
        }
        Optional<Effects> effects = projection.effects(spec);
        if (effects.isEmpty()) {
            return wait(Waiting.on("CloudNativePG has not made the cluster's CA yet"), task);
        }
        List<String> databases;
        try {
            for (String stranger : effects.get()
                    .strangers(spec.users().stream().map(ClusterSpec.User::name).toList())) {
                projection.objects().apply(MemberObjects.locked(spec.id(), stranger));
                waiting = Optional.of(Waiting.on("the user " + stranger + " of then, who is none now, is locked out"));
            }
            databases = effects.get().databases();
        } catch (SQLException e) {
            return wait(unanswered(e), task);
        }
        task.keep(task.facts().withDatabases(databases));
        ClusterSpec whole = spec.withDatabases(databases);
        return after(
                waiting.or(() -> members(whole).settle())
                        .or(() -> poolers(whole).settle()),
                task,
                Steps.ASK);
    }

    private Next ask(Task<ClusterSpec, RecoveryFacts> task) throws SQLException {
        ClusterSpec spec = task.wish().withDatabases(task.facts().databases()).withOrigin(null);
        Optional<Waiting> missing = settled(spec);
        if (missing.isPresent()) {
            return wait(missing.get(), task);
        }
        String version = projection
                .effects(spec)
                .orElseThrow(() -> new OperationFailed("the cluster's CA is gone"))
                .version();
        task.keep(task.facts().withSemanticVersion(version).refused(null));
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("version", version);
        receipt.put("nodes", spec.nodes());
        receipt.put("databases", spec.databases());
        if (task.facts().missing() != null) {
            receipt.put("missing", task.facts().missing());
        }
        return Next.done(receipt);
    }

    @Override
    protected String afterFailure() {
        return "What was made is removed; the source is as it was.";
    }
}
