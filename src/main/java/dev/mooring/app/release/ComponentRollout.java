package dev.mooring.app.release;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.app.runtime.ActiveApp;
import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.runtime.ManagedProcess;
import dev.mooring.app.runtime.Readiness;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component;
import dev.mooring.app.spec.Component.JobKind;
import dev.mooring.app.spec.rule.Environment;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The steps of a deployment that concern running code: started, switched over to, retired, and gone back from. */
@ApplicationScoped
class ComponentRollout {

    private static final long DEFAULT_GRACE_SECONDS = 10;
    private static final long DEFAULT_DRAIN_SECONDS = 15;
    private static final String PREVIOUS = "previous deployment";
    private static final int KEPT_DEPLOYMENTS = 10;

    private final RunningApps apps;
    private final DeploymentContext releases;
    private final CodeRelease code;
    private final ComponentPlan parts;
    private final JobRunner works;
    private final UploadedSource archives;
    private final Readiness readiness;
    private final Vault vault;
    private final ObjectMapper mapper;
    private final Clock clock;

    ComponentRollout(
            RunningApps apps,
            DeploymentContext releases,
            CodeRelease code,
            ComponentPlan parts,
            JobRunner works,
            UploadedSource archives,
            Readiness readiness,
            Vault vault,
            ObjectMapper mapper,
            Clock clock) {
        this.apps = apps;
        this.releases = releases;
        this.code = code;
        this.parts = parts;
        this.works = works;
        this.archives = archives;
        this.readiness = readiness;
        this.vault = vault;
        this.mapper = mapper;
        this.clock = clock;
    }

    Next start(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        Map<String, Integer> ports =
                task.facts().ports().isEmpty() ? freePorts(spec) : task.facts().ports();
        if (!ports.equals(task.facts().ports())) {
            task.keep(task.facts().withPorts(ports));
            // Known before anything is started: after a crash the same processes are found on the same ports.
            return Next.again("ports are reserved");
        }
        for (ActiveApp.Running process : processes(task, spec)) {
            task.keep(task.facts().begun(Steps.START.name(), process.component(), process.name()));
            // Once: what has ended is to be seen, not started again.
            if (!apps.work(wish.app().id(), wish.deployment(), process.name()).started()) {
                archives.configure(task, part(spec, process));
                apps.launch(wish.app().id(), wish.deployment(), process);
            }
        }
        for (AppSpec.Part part : ComponentPlan.runnable(spec)) {
            for (int i = 0; part.kind() != AppSpec.Kind.JOB && i < Routes.instances(part.component()); i++) {
                String name = ComponentPlan.label(part) + "-" + i;
                ManagedProcess work = apps.work(wish.app().id(), wish.deployment(), name);
                Instant since = task.facts().part(Steps.START.name(), name).startedAt();
                String waiting =
                        readiness.missing(part, ports.get(name), work, Duration.between(since, clock.instant()));
                if (waiting != null) {
                    return Next.waitFor(Duration.ofMillis(150), waiting);
                }
                task.keep(task.facts().ended(Steps.START.name(), name, DeployFacts.SUCCESS, null));
            }
        }
        return Next.go(Steps.SWITCH);
    }

    private List<ActiveApp.Running> processes(Task<DeployWish, DeployFacts> task, AppSpec spec) throws Exception {
        DeployWish wish = task.wish();
        Environment environment = releases.environment(wish, spec, task.facts(), false);
        List<ActiveApp.Running> processes = new ArrayList<>();
        for (AppSpec.Part part : ComponentPlan.runnable(spec)) {
            if (part.kind() == AppSpec.Kind.JOB) {
                continue;
            }
            Component.Termination termination = part.component().termination();
            long grace = termination == null || termination.gracePeriodSeconds() == null
                    ? DEFAULT_GRACE_SECONDS
                    : termination.gracePeriodSeconds();
            long drain = termination == null || termination.drainSeconds() == null
                    ? DEFAULT_DRAIN_SECONDS
                    : termination.drainSeconds();
            for (int i = 0; i < Routes.instances(part.component()); i++) {
                String name = ComponentPlan.label(part) + "-" + i;
                int port = Objects.requireNonNull(task.facts().ports().get(name), name);
                Integer listens = part.kind() == AppSpec.Kind.SERVICE ? port : null;
                processes.add(new ActiveApp.Running(
                        name,
                        part.kind().name(),
                        part.name(),
                        port,
                        part.component().runCommand(),
                        parts.directory(task, part).toString(),
                        vault.seal(mapper.writeValueAsString(parts.variables(wish, environment.of(part), listens))),
                        drain,
                        grace,
                        ComponentPlan.memory(part)));
            }
        }
        return processes;
    }

    private static AppSpec.Part part(AppSpec spec, ActiveApp.Running process) {
        return ComponentPlan.runnable(spec).stream()
                .filter(part ->
                        part.kind().name().equals(process.kind()) && part.name().equals(process.component()))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, Integer> freePorts(AppSpec spec) throws IOException {
        Map<String, Integer> ports = new HashMap<>();
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (AppSpec.Part part : ComponentPlan.runnable(spec)) {
                for (int i = 0; i < Routes.instances(part.component()); i++) {
                    ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    sockets.add(socket);
                    ports.put(ComponentPlan.label(part) + "-" + i, socket.getLocalPort());
                }
            }
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
        return ports;
    }

    Next switchOver(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        ActiveApp present = apps.active(wish.app().id());
        if (present != null
                && !present.deployment().equals(wish.deployment())
                && task.facts().before() == null) {
            task.keep(task.facts().withBefore(present));
            return Next.again("what runs now is noted");
        }
        AppSpec spec = releases.spec(wish);
        apps.activate(new ActiveApp(
                wish.app().id(),
                wish.deployment(),
                Objects.requireNonNull(wish.app().port(), "an app that runs has a port"),
                processes(task, spec),
                Routes.of(spec, task.facts().ports()),
                apps.allot(wish.app().id()).number()));
        return Next.go(Steps.POST_DEPLOY);
    }

    /** What is waited for before the previous deployment can end. */
    @Nullable
    Next drain(Task<DeployWish, DeployFacts> task) {
        ActiveApp before = task.facts().before();
        if (before == null) {
            return null;
        }
        String step = Steps.FINISH.name();
        task.keep(task.facts().begun(step, PREVIOUS, null));
        Duration age = Duration.between(task.facts().part(step, PREVIOUS).startedAt(), clock.instant());
        long limit = before.processes().stream()
                .mapToLong(ActiveApp.Running::drainSeconds)
                .max()
                .orElse(0);
        if (apps.answering(before.processes()) && age.toSeconds() < limit) {
            return Next.waitFor(Duration.ofMillis(150), "the previous deployment is still answering requests");
        }
        task.keep(task.facts().ended(step, PREVIOUS, DeployFacts.SUCCESS, null));
        return null;
    }

    /** Ends what the previous deployment ran, and deletes the folders of deployments long past. */
    void retire(Task<DeployWish, DeployFacts> task) throws Exception {
        ActiveApp before = task.facts().before();
        if (before != null) {
            apps.stop(before.app(), before.deployment(), before.processes());
        }
        UUID app = task.wish().app().id();
        AppFolder folder = apps.folder(app);
        List<Path> old = folder.deployments().stream()
                .filter(id -> !id.equals(task.wish().deployment())
                        && !id.equals(task.facts().code())
                        && (before == null || !id.equals(before.deployment())))
                .map(folder::deployment)
                .sorted((one, other) ->
                        Long.compare(other.toFile().lastModified(), one.toFile().lastModified()))
                .toList();
        for (int i = 0; i < old.size(); i++) {
            MooringHome.deleteTree(i < KEPT_DEPLOYMENTS ? old.get(i).resolve("source") : old.get(i));
        }
    }

    /** What failed ends, the jobs for failed deployments run, and what ran before runs on. */
    Next goBack(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        UUID app = wish.app().id();
        ActiveApp present = apps.active(app);
        if (present != null && present.deployment().equals(wish.deployment())) {
            if (task.facts().before() == null) {
                apps.deactivate(app);
            } else {
                apps.activate(task.facts().before());
            }
        }
        List<JobRunner.Item> jobs =
                task.facts().commits().isEmpty() ? List.of() : code.jobItems(task, JobKind.FAILED_DEPLOY);
        works.stopAllBut(wish, jobs.stream().map(JobRunner.Item::work).toList());
        for (JobRunner.Item job : jobs) {
            try {
                if (works.all(task, Steps.ROLL_BACK, List.of(job), Steps.ROLL_BACK) instanceof Next.Wait wait) {
                    return wait;
                }
            } catch (OperationFailed e) {
                // Noted at the job itself; the deployment has failed for another reason.
            }
        }
        return Next.done(null);
    }
}
