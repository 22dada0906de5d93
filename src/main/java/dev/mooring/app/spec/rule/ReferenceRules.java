package dev.mooring.app.spec.rule;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.Env;
import dev.mooring.app.spec.Findings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds references to nothing, references that come too early, and circles of them. */
final class ReferenceRules {

    private static final int LONGEST_PREFIX = 32;
    private static final int LONGEST_CHAIN = 100;

    private final AppSpec spec;
    private final Findings findings;
    private final Map<String, Database> databases = new HashMap<>();
    private final Map<String, AppSpec.Part> parts = new HashMap<>();
    private final Map<String, Integer> heights = new HashMap<>();
    private final EnvIndex index = new EnvIndex();

    ReferenceRules(AppSpec spec, Findings findings) {
        this.spec = spec;
        this.findings = findings;
        spec.appDatabases().forEach(database -> databases.putIfAbsent(database.name(), database));
        spec.parts().forEach(part -> parts.putIfAbsent(part.name(), part));
    }

    void check() {
        envs("envs", spec.appEnvs(), null);
        spec.parts()
                .forEach(part -> envs(part.path() + ".envs", part.component().allEnvs(), part));
    }

    private void envs(String path, List<Env> envs, AppSpec.@Nullable Part self) {
        for (int i = 0; i < envs.size(); i++) {
            Env env = envs.get(i);
            String at = path + "[" + i + "].value";
            for (Reference reference : Reference.in(env.value())) {
                one(at, env, reference, self);
            }
            circle(at, new Place(self, env), new LinkedHashSet<>());
        }
    }

    private void one(String at, Env env, Reference reference, AppSpec.@Nullable Part self) {
        if (reference.component() != null && reference.component().length() > LONGEST_PREFIX) {
            findings.error(at, reference.text(), "has a prefix of more than " + LONGEST_PREFIX + " characters");
            return;
        }
        Database database = databases.get(reference.component());
        boolean known = database != null
                ? variables(database, reference).contains(reference.name())
                : reference.pool() == null
                        && (variable(reference, self) || target(reference, self).isPresent());
        if (!known) {
            findings.warning(at, reference.text(), "refers to nothing and stays as it is");
        } else if (database != null && env.scope() == Env.Scope.BUILD_TIME) {
            findings.warning(at, reference.text(), "is there at run time only and stays as it is");
        }
    }

    /** Which pools there are nobody knows before the deployment. */
    private static Set<String> variables(Database database, Reference reference) {
        boolean kafka = database.engine() == Database.Engine.KAFKA;
        return kafka ? reference.pool() == null ? Variables.KAFKA : Set.of() : Variables.DATABASE;
    }

    private boolean variable(Reference reference, AppSpec.@Nullable Part self) {
        if (reference.component() == null) {
            return Variables.APP.contains(reference.name());
        }
        AppSpec.Part part = part(reference, self);
        return part != null && Variables.of(part.kind()).contains(reference.name());
    }

    private AppSpec.@Nullable Part part(Reference reference, AppSpec.@Nullable Part self) {
        return Reference.SELF.equals(reference.component()) ? self : parts.get(reference.component());
    }

    /** The variable of the spec itself that is meant; none for what the platform sets. */
    private Optional<Place> target(Reference reference, AppSpec.@Nullable Part self) {
        if (reference.pool() != null || variable(reference, self)) {
            return Optional.empty();
        }
        if (reference.component() == null) {
            return index.find(self == null ? List.of() : self.component().allEnvs(), reference.name())
                    .map(env -> new Place(self, env))
                    .or(() -> index.find(spec.appEnvs(), reference.name()).map(env -> new Place(null, env)));
        }
        AppSpec.Part part = part(reference, self);
        return part == null
                ? Optional.empty()
                : index.find(part.component().allEnvs(), reference.name()).map(env -> new Place(part, env));
    }

    /** @return how many variables stand behind each other there, itself included; what was found wrong counts as one */
    private int circle(String at, Place place, LinkedHashSet<String> way) {
        Integer known = heights.get(place.label());
        if (known != null) {
            return known;
        }
        if (!way.add(place.label())) {
            List<String> circle = new ArrayList<>(way);
            circle.add(place.label());
            findings.error(
                    at,
                    null,
                    "refers to itself: "
                            + String.join(" → ", circle.subList(circle.indexOf(place.label()), circle.size())));
            way.forEach(label -> heights.put(label, 1));
            return 1;
        }
        int height = 1;
        for (Reference reference : Reference.in(place.env().value())) {
            Optional<Place> next = way.size() > LONGEST_CHAIN ? Optional.empty() : target(reference, place.part());
            height = Math.max(height, next.isEmpty() ? 1 : 1 + circle(at, next.get(), way));
        }
        way.remove(place.label());
        if (height > LONGEST_CHAIN && !heights.containsKey(place.label())) {
            findings.error(
                    at,
                    null,
                    "refers to others that refer to others, " + place.env().key() + " more than " + LONGEST_CHAIN
                            + " times");
            height = 1;
        }
        heights.putIfAbsent(place.label(), height);
        return height;
    }

    /** A variable of the spec: of a component, or of the app when that is null. */
    private record Place(AppSpec.@Nullable Part part, Env env) {
        String label() {
            return (part == null ? "" : part.path() + ".") + env.key();
        }
    }
}
