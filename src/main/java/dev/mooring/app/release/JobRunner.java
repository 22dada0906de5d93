package dev.mooring.app.release;

import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.runtime.GitFetch;
import dev.mooring.app.runtime.ManagedProcess;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Source;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Commands of a deployment that come to an end: started once, looked at again and again. */
@ApplicationScoped
class JobRunner {

    private static final Duration GLANCE = Duration.ofMillis(150);
    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(30);
    private static final Duration STOP_GRACE = Duration.ofSeconds(5);
    private static final int SHOWN_LINES = 12;
    private static final int READ_LINES = 200;
    private static final Pattern STACK_FRAME = Pattern.compile("\\s+at .*|\\s*");
    private static final Pattern TIMEOUT = Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?");
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final RunningApps apps;

    private final GitFetch git;
    private final Clock clock;

    JobRunner(RunningApps apps, GitFetch git, Clock clock) {
        this.apps = apps;
        this.git = git;
        this.clock = clock;
    }

    /**
     * A command to be run to its end.
     *
     * @param part of the spec that it is of
     * @param work its name
     */
    record Item(
            AppSpec.Part part,
            String work,
            String command,
            Path directory,
            Map<String, String> environment,
            Duration timeout) {
        String component() {
            return part.name();
        }
    }

    /** @param target its folder, which is there */
    Item fetch(DeployWish wish, AppSpec.Part part, Path target) {
        Source.Git source = Objects.requireNonNull(part.component().repository(), part.name());
        String label = AppFolder.label(part.kind().name(), part.name());
        String work = "fetch-" + label;
        Map<String, String> environment = new HashMap<>(basics(wish));
        if (!apps.work(wish.app().id(), wish.deployment(), work).started()) {
            String commit = wish.commits().get(label);
            String branch = source.branch() == null || source.branch().isBlank() ? "HEAD" : source.branch();
            environment.putAll(git.environment(
                    part.name(),
                    source,
                    commit == null ? branch : commit,
                    apps.folder(wish.app().id()).gitSettings(wish.deployment())));
        }
        return new Item(part, work, GitFetch.COMMAND, target, environment, Duration.ofMinutes(30));
    }

    /** What no program can do without. */
    Map<String, String> basics(DeployWish wish) {
        String path = System.getenv("PATH");
        AppFolder folder = apps.folder(wish.app().id());
        return Map.of(
                "PATH",
                path == null || path.isBlank() ? PATH : path,
                "HOME",
                folder.home(wish.deployment()).toString(),
                "TMPDIR",
                folder.temporary(wish.deployment()).toString(),
                "LANG",
                "C.UTF-8",
                // What one deployment has loaded the next one need not.
                "npm_config_cache",
                folder.cache().resolve("npm").toString());
    }

    /** The commit that was fetched. */
    String commit(UUID app, Path source) throws IOException, InterruptedException {
        return apps.account(app)
                .run(null, "sh", "-c", "cd -- \"$1\" && git rev-parse FETCH_HEAD", "sh", source.toString())
                .orFail("git rev-parse")
                .output();
    }

    /** Starts what is not started; waits while one runs; fails with the last lines of the one that failed. */
    Next all(Task<DeployWish, DeployFacts> task, Steps step, List<Item> items, Steps then) throws Exception {
        List<String> running = new ArrayList<>();
        long written = 0;
        for (Item item : items) {
            ManagedProcess work = apps.work(task.wish().app().id(), task.wish().deployment(), item.work());
            if (!work.started()) {
                begin(task.wish(), work, item);
            }
            task.keep(task.facts().begun(step.name(), item.component(), item.work()));
            DeployFacts.Part part = task.facts().part(step.name(), item.work());
            if (part.endedAt() != null && part.status().equals(DeployFacts.ERROR)) {
                throw new OperationFailed(part.reason());
            }
            if (part.endedAt() != null) {
                continue;
            }
            if (work.running()) {
                if (Duration.between(part.startedAt(), clock.instant()).compareTo(item.timeout()) > 0) {
                    work.stop(STOP_GRACE);
                    fail(
                            task,
                            step,
                            item,
                            work,
                            "took longer than " + item.timeout().toMinutes() + " minutes");
                }
                work.turnLog();
                running.add(item.component());
                written += Files.exists(work.log()) ? Files.size(work.log()) : 0;
            } else if (work.exit().isEmpty()) {
                fail(task, step, item, work, "was killed");
            } else if (work.exit().getAsInt() != 0) {
                fail(task, step, item, work, "ended with " + work.exit().getAsInt());
            } else {
                task.keep(task.facts().ended(step.name(), item.work(), DeployFacts.SUCCESS, null));
            }
        }
        if (running.isEmpty()) {
            return Next.go(then);
        }
        task.progress(written, -1, "running: " + String.join(", ", running));
        return Next.waitFor(GLANCE, "running: " + String.join(", ", running));
    }

    private void begin(DeployWish wish, ManagedProcess work, Item item) throws IOException, InterruptedException {
        if (!apps.account(wish.app().id()).enters(item.directory())) {
            throw new OperationFailed(item.component() + ": its source has no folder "
                    + item.directory().getFileName() + " (source_dir)");
        }
        boolean theApp = item.work().startsWith("run-") || item.work().startsWith("rehearse-");
        work.start(
                item.command(),
                item.directory(),
                item.environment(),
                apps.limits(theApp ? ComponentPlan.memory(item.part()) : 0));
    }

    private void fail(Task<DeployWish, DeployFacts> task, Steps step, Item item, ManagedProcess work, String how)
            throws IOException {
        String what = item.work().startsWith("rehearse-")
                ? "the rehearsal of " + item.component() + " on a copy of the database"
                : item.work().startsWith("fetch-")
                        ? "fetching " + item.component()
                        : item.work().startsWith("build-")
                                ? "the build command of " + item.component()
                                : "the job " + item.component();
        // The cause stands above where it was thrown, and that may be a page.
        List<String> all = work.lastLines(READ_LINES).stream()
                .filter(line -> !STACK_FRAME.matcher(line).matches())
                .toList();
        String lines = String.join("\n", all.subList(Math.max(0, all.size() - SHOWN_LINES), all.size()));
        String reason = what + " " + how + (lines.isBlank() ? "" : ":\n" + lines);
        task.keep(task.facts().ended(step.name(), item.work(), DeployFacts.ERROR, reason));
        throw new OperationFailed(reason);
    }

    /** Ends everything that runs for a deployment. */
    void stopAllBut(DeployWish wish, List<String> kept) throws IOException, InterruptedException {
        for (String name : apps.folder(wish.app().id()).works(wish.deployment())) {
            if (!kept.contains(name)) {
                apps.work(wish.app().id(), wish.deployment(), name).stop(STOP_GRACE);
            }
        }
    }

    static Duration timeout(@Nullable String text) {
        Matcher matcher = text == null || text.isBlank() ? null : TIMEOUT.matcher(text);
        if (matcher == null || !matcher.matches()) {
            return DEFAULT_TIMEOUT;
        }
        return Duration.ofHours(number(matcher.group(1)))
                .plusMinutes(number(matcher.group(2)))
                .plusSeconds(number(matcher.group(3)));
    }

    private static long number(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }
}
