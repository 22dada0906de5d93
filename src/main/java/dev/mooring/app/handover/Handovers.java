package dev.mooring.app.handover;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Env;
import dev.mooring.app.spec.rule.Environment;
import dev.mooring.dataplane.ComponentSecrets;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.operation.OperationFailed;
import dev.mooring.web.ApiException;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The variables of an app's services, workers and jobs, as Secrets that the app's own Deployments and Jobs refer to. Everything here may
 * be done again at any time. What asks the plane blocks: for virtual threads.
 */
@ApplicationScoped
public class Handovers {

    private static final String FORMER = "select distinct name #>> '{}' as name from deployment d,"
            + " unnest(array['$.services[*].name', '$.workers[*].name', '$.jobs[*].name']::jsonpath[]) path,"
            + " jsonb_path_query(d.spec::jsonb, path) name where d.app = $1 and jsonb_typeof(name) = 'string' order by 1";

    private static final String EVER =
            "select from deployment where app = $1 and (outcome::jsonb ->> 'binds')::boolean limit 1";

    private static final Set<AppSpec.Kind> KINDS = Set.of(AppSpec.Kind.SERVICE, AppSpec.Kind.WORKER, AppSpec.Kind.JOB);

    private final DataPlanes planes;
    private final Pool pool;

    Handovers(DataPlanes planes, Pool pool) {
        this.planes = planes;
        this.pool = pool;
    }

    /** Hears how far it is. */
    public interface Progress {
        void begun(String component);

        /** @param note what whoever runs the component has to know */
        void ended(String component, String note);
    }

    /** Whether others run the apps of this Mooring. */
    public boolean open() {
        return planes.componentSecrets().isPresent();
    }

    /** Fails with a 422 where nobody but Mooring runs apps. */
    public ComponentSecrets secrets() {
        return planes.componentSecrets()
                .orElseThrow(() -> ApiException.unprocessable(
                        "the variables of apps are in no Secrets here: that needs MOORING_APPS_RUNTIME=kubernetes"));
    }

    private ComponentSecrets ofWorker() {
        return planes.componentSecrets()
                .orElseThrow(() -> new OperationFailed("this worker keeps no variables of apps in Secrets:"
                        + " set MOORING_DATAPLANE=kubernetes and MOORING_APPS_RUNTIME=kubernetes on it"));
    }

    /** Those that have variables when they run. */
    public static List<AppSpec.Part> components(AppSpec spec) {
        return spec.parts().stream()
                .filter(part -> part.name() != null && KINDS.contains(part.kind()))
                .toList();
    }

    public static Set<String> names(AppSpec spec) {
        return components(spec).stream().map(AppSpec.Part::name).collect(Collectors.toSet());
    }

    /**
     * Refuses what a spec may have where Mooring runs apps, and cannot have here; nothing where others run none.
     *
     * @throws ApiException 422 with every field and its rule
     */
    public void check(AppSpec spec) {
        if (!open()) {
            return;
        }
        List<String> problems = new ArrayList<>();
        keys("envs", spec.appEnvs(), problems);
        Map<String, String> seen = new HashMap<>();
        for (AppSpec.Part part : components(spec)) {
            keys(part.path() + ".envs", part.component().allEnvs(), problems);
            String other = seen.putIfAbsent(part.name(), part.path());
            if (other != null) {
                problems.add(part.path() + ".name: " + part.name() + " is already that of " + other
                        + ": a Secret is called after its component");
            }
        }
        if (!problems.isEmpty()) {
            throw ApiException.unprocessable(String.join("; ", problems));
        }
    }

    private void keys(String path, List<Env> envs, List<String> problems) {
        for (int i = 0; i < envs.size(); i++) {
            String key = envs.get(i).key();
            String field = path + "[" + i + "].key: ";
            if (key != null && envs.get(i).atRunTime()) {
                secrets().refusal(key).ifPresent(rule -> problems.add(field + rule));
            }
        }
    }

    /**
     * Lays down the variables of all components; none of them when those of one cannot be.
     *
     * @return what is left to wait for; empty when everything was read back as it was written
     * @throws OperationFailed names what cannot be
     */
    public Optional<String> write(UUID app, AppSpec spec, Environment environment, Progress progress) {
        ComponentSecrets secrets = ofWorker();
        Map<AppSpec.Part, Map<String, String>> all = new LinkedHashMap<>();
        for (AppSpec.Part part : components(spec)) {
            Map<String, String> variables = environment.of(part);
            secrets.refusal(variables).ifPresent(why -> {
                throw new OperationFailed(part.path() + " (" + part.name() + "): " + why);
            });
            all.put(part, variables);
        }
        for (Map.Entry<AppSpec.Part, Map<String, String>> each : all.entrySet()) {
            AppSpec.Part part = each.getKey();
            progress.begun(part.name());
            Optional<String> waiting = secrets.write(app, part.name(), each.getValue());
            if (waiting.isPresent()) {
                return waiting;
            }
            progress.ended(part.name(), note(secrets, app, part));
        }
        return Optional.empty();
    }

    private static String note(ComponentSecrets secrets, UUID app, AppSpec.Part part) {
        String secret = "the Secret " + secrets.name(app, part.name()) + " of the namespace " + secrets.namespace()
                + " has its variables (envFrom)";
        return (part.kind() == AppSpec.Kind.JOB
                        ? secret + "; Mooring runs no jobs here: run it as a Job, with pods labelled "
                        : secret + "; label its pods ")
                + String.join(
                        ", ",
                        secrets.podLabels(app).entrySet().stream()
                                .map(label -> label.getKey() + ": " + label.getValue())
                                .toList());
    }

    /** How what is there differs from what it should be; empty when it does not. */
    public Optional<String> difference(UUID app, AppSpec spec, Environment environment) {
        ComponentSecrets secrets = ofWorker();
        Set<String> kept = names(spec);
        return components(spec).stream()
                .flatMap(part -> secrets.difference(app, part.name(), environment.of(part)).stream())
                .findFirst()
                // A deployment that was given up may have left one.
                .or(() -> former(app).stream()
                        .filter(name -> !kept.contains(name) && secrets.there(app, name))
                        .map(name -> "the Secret " + secrets.name(app, name) + " is of no component")
                        .findFirst());
    }

    /**
     * Takes away the Secrets of what are no components of the app any more.
     *
     * @param kept the names of those that it has
     * @return what is left to wait for; empty when there are no others
     * @throws OperationFailed where there may be some, and this worker cannot get at them
     */
    public Optional<String> forget(UUID app, Set<String> kept) {
        Optional<ComponentSecrets> secrets = planes.componentSecrets();
        if (secrets.isPresent()) {
            return secrets.get()
                    .delete(
                            app,
                            former(app).stream()
                                    .filter(name -> !kept.contains(name))
                                    .toList());
        }
        if (pool.preparedQuery(EVER)
                        .execute(Tuple.of(app))
                        .await()
                        .indefinitely()
                        .rowCount()
                > 0) {
            throw new OperationFailed(
                    "the variables of the app are in Secrets of Kubernetes still, which this worker cannot"
                            + " delete: set MOORING_DATAPLANE=kubernetes and MOORING_APPS_RUNTIME=kubernetes on it, and try again");
        }
        return Optional.empty();
    }

    /** The name of every component that the app has ever had: Secrets cannot be listed. */
    private List<String> former(UUID app) {
        return StreamSupport.stream(
                        pool.preparedQuery(FORMER)
                                .execute(Tuple.of(app))
                                .await()
                                .indefinitely()
                                .spliterator(),
                        false)
                .map(row -> row.getString("name"))
                .toList();
    }
}
