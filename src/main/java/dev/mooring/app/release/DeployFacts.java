package dev.mooring.app.release;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.mooring.app.release.rehearsal.Rehearsal;
import dev.mooring.app.release.rehearsal.RestorePoint;
import dev.mooring.app.runtime.ActiveApp;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a deployment has done so far.
 *
 * @param tasks the parts of its steps, in order
 * @param commits by the label of the component
 * @param ports by the name of the process
 * @param code deployment whose folder holds the code
 * @param restorePoint where the data can be put back to as they were before this deployment
 * @param rehearsal of the migration on a copy; null before that begins, and where nothing is migrated
 * @param changes the operations that clusters are changed by for this deployment, by cluster, as long as they are waited for
 * @param before what ran when this deployment took over; null for nothing, or when it has not taken over
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection
public record DeployFacts(
        List<Part> tasks,
        Map<String, String> commits,
        Map<String, Integer> ports,
        @Nullable UUID code,
        @Nullable RestorePoint restorePoint,
        @Nullable Rehearsal rehearsal,
        Map<UUID, UUID> changes,
        @Nullable ActiveApp before) {

    public DeployFacts {
        // Earlier versions waited in another way, and knew less.
        tasks = tasks == null ? List.of() : tasks;
        commits = commits == null ? Map.of() : commits;
        ports = ports == null ? Map.of() : ports;
        changes = changes == null ? Map.of() : changes;
    }

    public static final DeployFacts NONE =
            new DeployFacts(List.of(), Map.of(), Map.of(), null, null, null, Map.of(), null);

    public static final String RUNNING = "RUNNING";
    public static final String SUCCESS = "SUCCESS";
    public static final String ERROR = "ERROR";

    /**
     * A part of a step: one component, one job, one database.
     *
     * @param step name of the step
     * @param work name of the work that it is
     * @param status RUNNING, SUCCESS or ERROR
     * @param reason what is to be said of it
     */
    @RegisterForReflection
    public record Part(
            String step,
            String component,
            @Nullable String work,
            String status,
            Instant startedAt,
            @Nullable Instant endedAt,
            @Nullable String reason) {

        /** What tells it from the others of its step: components of different kinds may share their name. */
        String key() {
            return work == null ? component : work;
        }
    }

    /** @param key of the part, see {@link Part#key()} */
    Optional<Part> find(String step, String key) {
        return tasks.stream()
                .filter(part -> part.step().equals(step) && part.key().equals(key))
                .findFirst();
    }

    /** One that has begun. */
    Part part(String step, String key) {
        return find(step, key).orElseThrow(() -> new IllegalStateException(key + " has not begun in " + step));
    }

    private DeployFacts with(Part part) {
        List<Part> all = new ArrayList<>(tasks);
        all.removeIf(other -> other.step().equals(part.step()) && other.key().equals(part.key()));
        all.add(part);
        return new DeployFacts(all, commits, ports, code, restorePoint, rehearsal, changes, before);
    }

    /** How many tries of jobs before the deployment have ended because a lock was not to be had. */
    int lockTimeouts() {
        return (int) tasks.stream()
                .filter(part -> part.step().equals(DeployApp.Steps.PRE_DEPLOY.name()) && isLockTimeout(part.reason()))
                .count();
    }

    /** In the words of PostgreSQL, whichever client repeats them. */
    static boolean isLockTimeout(@Nullable String reason) {
        return reason != null && reason.contains("due to lock timeout");
    }

    DeployFacts begun(String step, String component, @Nullable String work) {
        Part part = new Part(step, component, work, RUNNING, Instant.now(), null, null);
        return find(step, part.key()).isPresent() ? this : with(part);
    }

    DeployFacts ended(String step, String key, String status, @Nullable String reason) {
        Instant now = Instant.now();
        Part known = find(step, key).orElseGet(() -> new Part(step, key, null, status, now, now, reason));
        return with(new Part(step, known.component(), known.work(), status, known.startedAt(), now, reason));
    }

    DeployFacts withCommit(String label, String commit) {
        Map<String, String> all = new HashMap<>(commits);
        all.put(label, commit);
        return new DeployFacts(tasks, all, ports, code, restorePoint, rehearsal, changes, before);
    }

    DeployFacts withPorts(Map<String, Integer> all) {
        return new DeployFacts(tasks, commits, all, code, restorePoint, rehearsal, changes, before);
    }

    DeployFacts withCode(@Nullable UUID deployment) {
        return new DeployFacts(tasks, commits, ports, deployment, restorePoint, rehearsal, changes, before);
    }

    DeployFacts withRestorePoint(RestorePoint point) {
        return new DeployFacts(tasks, commits, ports, code, point, rehearsal, changes, before);
    }

    DeployFacts withRehearsal(Rehearsal newRehearsal) {
        return new DeployFacts(tasks, commits, ports, code, restorePoint, newRehearsal, changes, before);
    }

    DeployFacts withChanges(Map<UUID, UUID> asked) {
        return new DeployFacts(tasks, commits, ports, code, restorePoint, rehearsal, asked, before);
    }

    DeployFacts withBefore(ActiveApp app) {
        return new DeployFacts(tasks, commits, ports, code, restorePoint, rehearsal, changes, app);
    }
}
