package dev.mooring.app.release;

import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component.JobKind;
import dev.mooring.app.spec.rule.Environment;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The steps of a deployment that concern code: fetched, built, its jobs run. Called again and again until it is done. */
@ApplicationScoped
class CodeRelease {

    private final RunningApps apps;
    private final DeploymentContext releases;
    private final ComponentPlan parts;
    private final JobRunner works;
    private final UploadedSource archives;

    CodeRelease(
            RunningApps apps,
            DeploymentContext releases,
            ComponentPlan parts,
            JobRunner works,
            UploadedSource archives) {
        this.apps = apps;
        this.releases = releases;
        this.parts = parts;
        this.works = works;
        this.archives = archives;
    }

    Next fetch(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        if (!apps.runs()) {
            throw new OperationFailed("this Mooring runs no apps any more: set MOORING_APPS_RUNTIME=local on it");
        }
        AppSpec spec = releases.spec(wish);
        List<AppSpec.Part> components = ComponentPlan.runnable(spec);
        checkAll(spec, components);
        Path sources =
                apps.folder(wish.app().id()).deployment(wish.deployment()).resolve("source");
        prepareFolders(wish, sources);
        if (wish.code() != null && usable(wish, wish.code(), components)) {
            task.keep(task.facts().withCode(wish.code()));
            wish.commits().forEach((label, commit) -> task.keep(task.facts().withCommit(label, commit)));
            return Next.go(Steps.START);
        }
        task.keep(task.facts().withCode(wish.deployment()));
        archives.unpack(task, components, sources);
        List<JobRunner.Item> items = new ArrayList<>();
        for (AppSpec.Part part : components) {
            if (part.component().archive() == null) {
                Path target = sources.resolve(ComponentPlan.label(part));
                Handover.folder(target, apps.account(wish.app().id()));
                items.add(works.fetch(wish, part, target));
            }
        }
        Next next = works.all(task, Steps.SOURCE, items, Steps.BUILD);
        if (next instanceof Next.Go) {
            for (AppSpec.Part part : components) {
                String commit = part.component().archive() != null
                        ? part.component().archive().version()
                        : works.commit(wish.app().id(), sources.resolve(ComponentPlan.label(part)));
                task.keep(task.facts().withCommit(ComponentPlan.label(part), commit));
            }
        }
        return next;
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

    /** The outer folders stay Mooring's, so that nobody puts anything else in the place of those that the account gets. */
    private void prepareFolders(DeployWish wish, Path sources) throws IOException {
        ServerAccount account = apps.allot(wish.app().id());
        AppFolder folder = apps.folder(wish.app().id());
        for (Path outer : List.of(folder.root(), folder.deployment(wish.deployment()), sources)) {
            Handover.passage(outer);
        }
        for (Path inner :
                List.of(folder.home(wish.deployment()), folder.temporary(wish.deployment()), folder.cache())) {
            give(inner, account);
        }
        Path settings = folder.gitSettings(wish.deployment());
        if (Files.notExists(settings)) {
            // A repository of this machine belongs to somebody else than the account that fetches it.
            Handover.file(settings, "[safe]\n\tdirectory = *\n", account);
        }
    }

    private static void give(Path folder, ServerAccount account) throws IOException {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !account.owns(folder)) {
            // From a time when apps shared an account: what any of them has put there is not this one's.
            MooringHome.deleteTree(folder);
        }
        Handover.folder(folder, account);
    }

    /** Whether the code of an earlier deployment can be used again as it lies there. */
    private boolean usable(DeployWish wish, UUID code, List<AppSpec.Part> components) throws IOException {
        AppFolder folder = apps.folder(wish.app().id());
        ServerAccount account = apps.account(wish.app().id());
        for (AppSpec.Part part : components) {
            Path source = folder.source(code, ComponentPlan.source(part));
            if (Files.exists(source, LinkOption.NOFOLLOW_LINKS) && !account.owns(source)) {
                return false;
            }
        }
        return true;
    }

    Next build(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        Environment environment = releases.environment(wish, spec, task.facts(), true);
        List<JobRunner.Item> items = new ArrayList<>();
        for (AppSpec.Part part : ComponentPlan.runnable(spec)) {
            String command = part.component().buildCommand();
            if (command != null && !command.isBlank()) {
                items.add(new JobRunner.Item(
                        part,
                        "build-" + ComponentPlan.label(part),
                        command,
                        parts.directory(task, part),
                        parts.variables(wish, environment.of(part), null),
                        Duration.ofHours(1)));
            }
        }
        return works.all(task, Steps.BUILD, items, Steps.REHEARSE);
    }

    /** One after the other, in the order of the spec. */
    Next jobs(Task<DeployWish, DeployFacts> task, Steps step, JobKind kind, Steps then) throws Exception {
        DeployWish wish = task.wish();
        for (JobRunner.Item item : jobItems(task, kind)) {
            if (!apps.work(wish.app().id(), wish.deployment(), item.work()).started()) {
                archives.configure(task, item.part());
            }
            Next next = works.all(task, step, List.of(item), then);
            if (!(next instanceof Next.Go)) {
                return next;
            }
        }
        return Next.go(then);
    }

    List<JobRunner.Item> jobItems(Task<DeployWish, DeployFacts> task, JobKind kind) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        List<JobRunner.Item> items = new ArrayList<>();
        List<AppSpec.Part> jobs = ComponentPlan.jobs(spec, kind);
        if (!jobs.isEmpty() && !ComponentPlan.restart(wish)) {
            Environment environment = releases.environment(wish, spec, task.facts(), false);
            // Each try is a work of its own: what has ended is never started anew.
            int again = kind == JobKind.PRE_DEPLOY ? task.facts().lockTimeouts() : 0;
            for (AppSpec.Part part : jobs) {
                items.add(new JobRunner.Item(
                        part,
                        "run-" + ComponentPlan.label(part) + (again == 0 ? "" : "-again-" + again),
                        part.component().runCommand(),
                        parts.directory(task, part),
                        parts.variables(wish, environment.of(part), null),
                        JobRunner.timeout(part.component().timeout())));
            }
        }
        return items;
    }
}
