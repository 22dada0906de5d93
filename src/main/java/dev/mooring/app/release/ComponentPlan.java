package dev.mooring.app.release;

import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component.JobKind;
import dev.mooring.app.spec.InstanceSizes;
import dev.mooring.operation.Task;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the steps of a deployment know of an app's code: which components are run here, where their files lie, what they are told. */
@ApplicationScoped
class ComponentPlan {

    private static final long ASKED_PER_USED = 2;

    private final RunningApps apps;
    private final JobRunner works;

    ComponentPlan(RunningApps apps, JobRunner works) {
        this.apps = apps;
        this.works = works;
    }

    /** The components that this machine can run. */
    static List<AppSpec.Part> runnable(AppSpec spec) {
        return spec.parts().stream()
                .filter(part -> part.name() != null
                        && part.component().hasCode()
                        && (part.kind() == AppSpec.Kind.SERVICE
                                || part.kind() == AppSpec.Kind.WORKER
                                || part.kind() == AppSpec.Kind.JOB
                                        && part.component().jobKind() != JobKind.SCHEDULED))
                .toList();
    }

    static List<AppSpec.Part> jobs(AppSpec spec, JobKind kind) {
        return runnable(spec).stream()
                .filter(part ->
                        part.kind() == AppSpec.Kind.JOB && part.component().jobKind() == kind)
                .toList();
    }

    /** The same code once more: nothing is fetched or built, and no job runs. */
    static boolean restart(DeployWish wish) {
        return wish.code() != null;
    }

    Path directory(Task<DeployWish, DeployFacts> task, AppSpec.Part part) {
        Path source = apps.folder(task.wish().app().id())
                .source(Objects.requireNonNull(task.facts().code(), "nothing is built yet"), source(part));
        String inside =
                part.component().sourceDir() == null ? "" : part.component().sourceDir();
        return source.resolve(inside.startsWith("/") ? inside.substring(1) : inside);
    }

    /** Exactly the spec's variables, and what no program can do without. */
    Map<String, String> variables(DeployWish wish, Map<String, String> own, @Nullable Integer port) {
        Map<String, String> variables = new HashMap<>(works.basics(wish));
        if (port != null) {
            variables.put("PORT", port.toString());
        }
        variables.putAll(own);
        return variables;
    }

    /** The name of the folder with its code: what comes from the same archive is there once. */
    static String source(AppSpec.Part part) {
        return part.component().archive() == null
                ? label(part)
                : "archive-" + part.component().archive().version();
    }

    /** Bytes; 0 for the setting's. What is counted is what a process has asked for, and no program touches all of that. */
    static long memory(AppSpec.Part part) {
        return ASKED_PER_USED * InstanceSizes.memory(part.component().instanceSizeSlug());
    }

    static String label(AppSpec.Part part) {
        return AppFolder.label(part.kind().name(), part.name());
    }
}
