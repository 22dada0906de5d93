package dev.mooring.app.release;

import dev.mooring.app.release.rehearsal.RestorePoint;
import dev.mooring.app.spec.Component.JobKind;
import dev.mooring.app.spec.rule.Environment;
import dev.mooring.operation.NamedProgram;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.web.ApiException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One deployment of an app: its databases, then its code. Deployments of one app come one after the other, in the order in
 * which they were asked for. Until the switch the previous deployment serves; after a failure it does so again.
 */
@Singleton
public class DeployApp extends NamedProgram<DeployApp.Steps, DeployWish, DeployFacts> {

    private static final Duration GLANCE = Duration.ofMillis(100);
    private static final int LOCK_RETRIES = 5;
    private static final Duration LOCK_PAUSE = Duration.ofSeconds(1);

    public enum Steps implements Step {
        QUEUE("Waiting for earlier deployments of the app", Duration.ofHours(1)),
        DATABASES("Provisioning databases", Duration.ofMinutes(5)),
        TRUSTED_SOURCES("Adding the app to the trusted sources of its databases", Duration.ofMinutes(2)),
        VARIABLES("Laying down the variables of components in Secrets", Duration.ofMinutes(5)),
        SOURCE("Fetching the source code", Duration.ofMinutes(5)),
        BUILD("Building components", Duration.ofMinutes(10)),
        REHEARSE("Rehearsing migrations on a copy of the database", Duration.ofMinutes(20)),
        PRE_DEPLOY("Running jobs before the deployment", Duration.ofMinutes(10)),
        START("Starting components", Duration.ofMinutes(5)),
        SWITCH("Leading requests to the new components", Duration.ofMinutes(1)),
        POST_DEPLOY("Running jobs after the deployment", Duration.ofMinutes(10)),
        FINISH("Removing what the app no longer has", Duration.ofMinutes(12)),
        ROLL_BACK("Going back to the previous deployment", Duration.ofMinutes(10));

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
            return this != FINISH;
        }

        /** The steps of a deployment, in order. */
        public static List<Steps> of(boolean runs, boolean binds) {
            if (binds) {
                return List.of(QUEUE, DATABASES, TRUSTED_SOURCES, VARIABLES, FINISH);
            }
            return runs
                    ? List.of(
                            QUEUE,
                            DATABASES,
                            TRUSTED_SOURCES,
                            SOURCE,
                            BUILD,
                            REHEARSE,
                            PRE_DEPLOY,
                            START,
                            SWITCH,
                            POST_DEPLOY,
                            FINISH)
                    : List.of(QUEUE, DATABASES, TRUSTED_SOURCES, FINISH);
        }
    }

    private final ClusterTrust trust;
    private final DeploymentContext releases;
    private final CodeRelease code;
    private final ComponentRollout processes;
    private final Rehearse rehearse;
    private final MigrationRoles ownership;
    private final AskedChanges asked;
    private final VariableHandover variables;

    DeployApp(
            ClusterTrust trust,
            DeploymentContext releases,
            CodeRelease code,
            ComponentRollout processes,
            Rehearse rehearse,
            MigrationRoles ownership,
            AskedChanges asked,
            VariableHandover variables) {
        super("deploy-app", Steps.class, Steps.ROLL_BACK, DeployWish.class, DeployFacts.NONE);
        this.trust = trust;
        this.releases = releases;
        this.code = code;
        this.processes = processes;
        this.rehearse = rehearse;
        this.ownership = ownership;
        this.asked = asked;
        this.variables = variables;
    }

    @Override
    public Next run(Steps step, Task<DeployWish, DeployFacts> task) throws Exception {
        try {
            return step(step, task);
        } catch (Environment.TooLarge e) {
            // No spec is accepted that is too large by itself: this one was, or what was bound since is long.
            throw new OperationFailed(e.getMessage(), e);
        }
    }

    private Next step(Steps step, Task<DeployWish, DeployFacts> task) throws Exception {
        return switch (step) {
            case QUEUE -> queue(task);
            case DATABASES -> databases(task);
            case TRUSTED_SOURCES -> trustedSources(task);
            case VARIABLES -> variables.write(task);
            case SOURCE -> code.fetch(task);
            case BUILD -> code.build(task);
            case REHEARSE -> rehearse.run(task);
            case PRE_DEPLOY -> preDeploy(task);
            case START -> processes.start(task);
            case SWITCH -> processes.switchOver(task);
            case POST_DEPLOY -> code.jobs(task, Steps.POST_DEPLOY, JobKind.POST_DEPLOY, Steps.FINISH);
            case FINISH -> finish(task);
            case ROLL_BACK -> fail(task);
        };
    }

    private Next queue(Task<DeployWish, DeployFacts> task) {
        List<UUID> before = task.unfinishedBefore();
        // Each for the one right before it, so that an end wakes one and not all.
        return before.isEmpty()
                ? Next.go(Steps.DATABASES)
                : Next.waitFor(before.getFirst(), "waiting for " + before.size() + " earlier operations of the app");
    }

    private Next databases(Task<DeployWish, DeployFacts> task) throws Exception {
        AppBindings.Found found = releases.databases(task.wish());
        if (!found.problems().isEmpty()) {
            throw new OperationFailed(String.join("; ", found.problems()));
        }
        if (!found.missing().isEmpty()) {
            // An earlier deployment was asked to remove what this one wants again.
            releases.createDatabases(task.wish(), found.missing());
            return Next.waitFor(GLANCE, "dev databases are made");
        }
        for (AppBindings.Bound bound : found.bound().values()) {
            String name = bound.spec().name();
            task.keep(task.facts().begun(Steps.DATABASES.name(), name, null));
            if (bound.cluster().failure() != null) {
                throw new OperationFailed(name + ": " + bound.cluster().failure()
                        + (bound.spec().managed()
                                ? ""
                                : " Take the database out of the spec, deploy, and put it in again."));
            }
            if (!bound.cluster().online()) {
                return asked.untilOnline(
                        bound.cluster().id(),
                        GLANCE,
                        "the database " + name + " is " + bound.cluster().status());
            }
            if (task.facts().part(Steps.DATABASES.name(), name).endedAt() == null) {
                task.keep(task.facts()
                        .ended(
                                Steps.DATABASES.name(),
                                name,
                                DeployFacts.SUCCESS,
                                releases.elsewhere(task.wish(), bound)));
            }
        }
        return Next.go(Steps.TRUSTED_SOURCES);
    }

    private Next trustedSources(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        Next pending = trust.enter(task);
        if (pending != null) {
            return pending;
        }
        for (Map.Entry<String, String> warning :
                releases.unresolved(wish, task.facts()).entrySet()) {
            task.keep(task.facts()
                    .ended(
                            Steps.TRUSTED_SOURCES.name(),
                            warning.getKey(),
                            DeployFacts.SUCCESS,
                            "refers to nothing, so it stays as it is: " + warning.getValue()));
        }
        return Next.go(wish.binds() ? Steps.VARIABLES : wish.runs() ? Steps.SOURCE : Steps.FINISH);
    }

    private Next preDeploy(Task<DeployWish, DeployFacts> task) throws Exception {
        if (task.facts().restorePoint() == null
                && task.facts().tasks().stream().noneMatch(part -> part.step().equals(Steps.PRE_DEPLOY.name()))) {
            RestorePoint point = ownership.restorePoint(task);
            ownership.prepare(task);
            if (point != null) {
                task.keep(task.facts().withRestorePoint(point));
                // Before anything migrates: whoever took it after a kill would take a later one.
                return Next.again("the moment before the migration is noted");
            }
        }
        try {
            Next next = code.jobs(task, Steps.PRE_DEPLOY, JobKind.PRE_DEPLOY, Steps.START);
            if (next instanceof Next.Go) {
                ownership.handOver(task);
            }
            return next;
        } catch (OperationFailed e) {
            int tries = task.facts().lockTimeouts();
            if (ownership.migrates(task) == null
                    || !DeployFacts.isLockTimeout(e.getMessage())
                    || tries > LOCK_RETRIES) {
                throw e;
            }
            return Next.waitFor(
                    LOCK_PAUSE.multipliedBy(tries),
                    "a lock was not to be had within " + MigrationRoles.LOCK_TIMEOUT
                            + ": the migration is tried again");
        }
    }

    private Next finish(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        if (wish.runs()) {
            Next draining = processes.drain(task);
            if (draining != null) {
                return draining;
            }
            processes.retire(task);
        }
        if (wish.binds()) {
            Next pending = variables.forget(task);
            if (pending != null) {
                return pending;
            }
        }
        try {
            Next pending = trust.leave(task);
            if (pending != null) {
                return pending;
            }
            for (String gone : releases.forgetDatabases(wish)) {
                task.keep(task.facts()
                        .ended(Steps.FINISH.name(), gone, DeployFacts.SUCCESS, "is no longer in the spec and is gone"));
            }
        } catch (ApiException busy) {
            return AskedChanges.busy("a dev database that the app has left is busy: " + busy.getMessage());
        }
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("deployment", wish.deployment());
        if (task.facts().restorePoint() != null) {
            receipt.put("restore_point", task.facts().restorePoint());
        }
        if (task.facts().rehearsal() != null) {
            receipt.put("rehearsal", task.facts().rehearsal());
        }
        return Next.done(receipt);
    }

    private Next fail(Task<DeployWish, DeployFacts> task) throws Exception {
        if (task.wish().runs()) {
            rehearse.end(task);
            return processes.goBack(task);
        }
        return Next.done(null);
    }
}
