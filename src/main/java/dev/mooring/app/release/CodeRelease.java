package dev.mooring.app.release;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.app.runtime.ActiveApp;
import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.runtime.Work;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component;
import dev.mooring.app.spec.Component.JobKind;
import dev.mooring.app.spec.Environment;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The steps of a deployment that concern code: fetched, built, run by this machine. Called again and again until it is done. */
@ApplicationScoped
class CodeRelease {

    private static final long DEFAULT_GRACE_SECONDS = 10;
    private static final int KEPT_DEPLOYMENTS = 10;

    private final RunningApps apps;
    private final Releases releases;
    private final CodeWork works;
    private final Readiness readiness;
    private final Vault vault;
    private final ObjectMapper mapper;

    CodeRelease(
            RunningApps apps,
            Releases releases,
            CodeWork works,
            Readiness readiness,
            Vault vault,
            ObjectMapper mapper) {
        this.apps = apps;
        this.releases = releases;
        this.works = works;
        this.readiness = readiness;
        this.vault = vault;
        this.mapper = mapper;
    }

    /** The components that this machine can run. */
    private static List<AppSpec.Part> runnable(AppSpec spec) {
        return spec.parts().stream()
                .filter(part -> part.name() != null
                        && part.component().repository() != null
                        && (part.kind() == AppSpec.Kind.SERVICE
                                || part.kind() == AppSpec.Kind.WORKER
                                || part.kind() == AppSpec.Kind.JOB
                                        && part.component().jobKind() != JobKind.SCHEDULED))
                .toList();
    }

    private static List<AppSpec.Part> jobs(AppSpec spec, JobKind kind) {
        return runnable(spec).stream()
                .filter(part ->
                        part.kind() == AppSpec.Kind.JOB && part.component().jobKind() == kind)
                .toList();
    }

    Next fetch(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        if (!apps.runs()) {
            throw new OperationFailed("this Mooring runs no apps any more: set MOORING_APPS_RUNTIME=local on it");
        }
        AppSpec spec = releases.spec(wish);
        List<AppSpec.Part> parts = runnable(spec);
        checkAll(spec, parts);
        Path sources =
                apps.folder(wish.app().id()).deployment(wish.deployment()).resolve("source");
        prepareFolders(wish, sources);
        if (restart(wish)) {
            task.keep(task.facts().withCode(wish.code()));
            wish.commits().forEach((label, commit) -> task.keep(task.facts().withCommit(label, commit)));
            return Next.go(Steps.START);
        }
        task.keep(task.facts().withCode(wish.deployment()));
        List<CodeWork.Item> items = parts.stream()
                .map(part -> works.fetch(wish, part, sources.resolve(label(part))))
                .toList();
        Next next = works.all(task, Steps.SOURCE, items, Steps.BUILD);
        if (next instanceof Next.Go) {
            for (AppSpec.Part part : parts) {
                task.keep(task.facts().withCommit(label(part), works.commit(sources.resolve(label(part)))));
            }
        }
        return next;
    }

    /** The same code once more: nothing is fetched or built, and no job runs. */
    private static boolean restart(DeployWish wish) {
        return wish.code() != null;
    }

    /** Before anything is fetched: what this machine cannot run, and what it would not know how to. */
    private static void checkAll(AppSpec spec, List<AppSpec.Part> runnable) {
        List<String> problems = new ArrayList<>();
        for (AppSpec.Part part : spec.parts()) {
            boolean process = part.kind() == AppSpec.Kind.SERVICE
                    || part.kind() == AppSpec.Kind.WORKER
                    || part.kind() == AppSpec.Kind.JOB;
            if (process
                    && part.component().repository() == null
                    && part.component().image() != null) {
                problems.add(part.path() + " (" + part.name()
                        + "): images need the Kubernetes runtime; the local one runs what git fetches");
            }
        }
        for (AppSpec.Part part : runnable) {
            String command = part.component().runCommand();
            if (command == null || command.isBlank()) {
                problems.add(part.path() + " (" + part.name() + "): run_command is required by the local runtime");
            }
        }
        if (!problems.isEmpty()) {
            throw new OperationFailed(String.join("; ", problems));
        }
    }

    private void prepareFolders(DeployWish wish, Path sources) throws IOException {
        Files.createDirectories(sources);
        Files.setPosixFilePermissions(sources, PosixFilePermissions.fromString("rwx------"));
        for (Path folder : List.of(sources, home(wish))) {
            Files.createDirectories(folder);
            apps.account().own(folder);
        }
        // A repository of this machine belongs to somebody else than the account that fetches it.
        MooringHome.write(home(wish).resolve(".gitconfig"), "[safe]\n\tdirectory = *\n", "rw-r--r--");
    }

    private Path home(DeployWish wish) {
        return apps.folder(wish.app().id()).deployment(wish.deployment()).resolve("home");
    }

    Next build(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        Environment environment = releases.environment(wish, spec, task.facts(), true);
        List<CodeWork.Item> items = new ArrayList<>();
        for (AppSpec.Part part : runnable(spec)) {
            String command = part.component().buildCommand();
            if (command != null && !command.isBlank()) {
                items.add(new CodeWork.Item(
                        part.name(),
                        "build-" + label(part),
                        command,
                        directory(task, part),
                        variables(wish, environment.of(part), null),
                        Duration.ofHours(1)));
            }
        }
        return works.all(task, Steps.BUILD, items, Steps.PRE_DEPLOY);
    }

    /** One after the other, in the order of the spec. */
    Next jobs(Task<DeployWish, DeployFacts> task, Steps step, JobKind kind, Steps then) throws Exception {
        for (CodeWork.Item item : jobItems(task, kind)) {
            Next next = works.all(task, step, List.of(item), then);
            if (!(next instanceof Next.Go)) {
                return next;
            }
        }
        return Next.go(then);
    }

    private List<CodeWork.Item> jobItems(Task<DeployWish, DeployFacts> task, JobKind kind) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        List<CodeWork.Item> items = new ArrayList<>();
        List<AppSpec.Part> jobs = jobs(spec, kind);
        if (!jobs.isEmpty() && !restart(wish)) {
            Environment environment = releases.environment(wish, spec, task.facts(), false);
            for (AppSpec.Part part : jobs) {
                items.add(new CodeWork.Item(
                        part.name(),
                        "run-" + label(part),
                        part.component().runCommand(),
                        directory(task, part),
                        variables(wish, environment.of(part), null),
                        CodeWork.timeout(part.component().timeout())));
            }
        }
        return items;
    }

    Next start(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        Map<String, Integer> ports =
                task.facts().ports().isEmpty() ? freePorts(spec) : task.facts().ports();
        if (!ports.equals(task.facts().ports())) {
            task.keep(task.facts().withPorts(ports));
            // Known before anything is started: after a crash the same processes are found on the same ports.
            return Next.waitFor(Duration.ZERO, "ports are reserved");
        }
        for (ActiveApp.Running process : processes(task, spec)) {
            task.keep(task.facts().begun(Steps.START.name(), process.component(), process.name()));
            apps.launch(wish.app().id(), wish.deployment(), process);
        }
        for (AppSpec.Part part : runnable(spec)) {
            if (part.kind() == AppSpec.Kind.JOB) {
                continue;
            }
            Instant since = task.facts().part(Steps.START.name(), part.name()).startedAt();
            for (int i = 0; i < Routes.instances(part.component()); i++) {
                String name = label(part) + "-" + i;
                Work work = apps.work(wish.app().id(), wish.deployment(), name);
                String waiting = readiness.missing(
                        part, task.facts().ports().get(name), work, Duration.between(since, Instant.now()));
                if (waiting != null) {
                    return Next.waitFor(Duration.ofMillis(150), waiting);
                }
            }
            task.keep(task.facts().ended(Steps.START.name(), part.name(), DeployFacts.SUCCESS, null));
        }
        return Next.go(Steps.SWITCH);
    }

    private List<ActiveApp.Running> processes(Task<DeployWish, DeployFacts> task, AppSpec spec) throws Exception {
        DeployWish wish = task.wish();
        Environment environment = releases.environment(wish, spec, task.facts(), false);
        List<ActiveApp.Running> processes = new ArrayList<>();
        for (AppSpec.Part part : runnable(spec)) {
            if (part.kind() == AppSpec.Kind.JOB) {
                continue;
            }
            Component.Termination termination = part.component().termination();
            long grace = termination == null || termination.gracePeriodSeconds() == null
                    ? DEFAULT_GRACE_SECONDS
                    : termination.gracePeriodSeconds();
            for (int i = 0; i < Routes.instances(part.component()); i++) {
                String name = label(part) + "-" + i;
                int port = task.facts().ports().get(name);
                Integer listens = part.kind() == AppSpec.Kind.SERVICE ? port : null;
                processes.add(new ActiveApp.Running(
                        name,
                        part.kind().name(),
                        part.name(),
                        port,
                        part.component().runCommand(),
                        directory(task, part).toString(),
                        vault.seal(mapper.writeValueAsString(variables(wish, environment.of(part), listens))),
                        grace));
            }
        }
        return processes;
    }

    private static Map<String, Integer> freePorts(AppSpec spec) throws IOException {
        Map<String, Integer> ports = new HashMap<>();
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (AppSpec.Part part : runnable(spec)) {
                for (int i = 0; i < Routes.instances(part.component()); i++) {
                    ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    sockets.add(socket);
                    ports.put(label(part) + "-" + i, socket.getLocalPort());
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
            return Next.waitFor(Duration.ZERO, "what runs now is noted");
        }
        AppSpec spec = releases.spec(wish);
        apps.activate(new ActiveApp(
                wish.app().id(),
                wish.deployment(),
                wish.app().port(),
                processes(task, spec),
                Routes.of(spec, task.facts().ports())));
        return Next.go(Steps.POST_DEPLOY);
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
        List<CodeWork.Item> jobs = task.facts().commits().isEmpty() ? List.of() : jobItems(task, JobKind.FAILED_DEPLOY);
        works.stopAllBut(wish, jobs.stream().map(CodeWork.Item::work).toList());
        for (CodeWork.Item job : jobs) {
            try {
                if (works.all(task, Steps.FAIL, List.of(job), Steps.FAIL) instanceof Next.Wait wait) {
                    return wait;
                }
            } catch (OperationFailed e) {
                // Noted at the job itself; the deployment has failed for another reason.
            }
        }
        return Next.done(null);
    }

    private Path directory(Task<DeployWish, DeployFacts> task, AppSpec.Part part) {
        Path source = apps.folder(task.wish().app().id()).source(task.facts().code(), label(part));
        String inside =
                part.component().sourceDir() == null ? "" : part.component().sourceDir();
        return source.resolve(inside.startsWith("/") ? inside.substring(1) : inside);
    }

    /** Exactly the spec's variables, and what no program can do without. */
    private Map<String, String> variables(DeployWish wish, Map<String, String> own, Integer port) {
        Map<String, String> variables = new HashMap<>(works.basics(home(wish)));
        if (port != null) {
            variables.put("PORT", port.toString());
        }
        variables.putAll(own);
        return variables;
    }

    private static String label(AppSpec.Part part) {
        return AppFolder.label(part.kind().name(), part.name());
    }
}
