package dev.mooring.app.spec;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What the variables of an app's components are, with their references resolved and their secrets in the clear. */
public final class Environment {

    /** Linux takes no longer one. */
    private static final int LONGEST = 128 * 1024 - 1024;

    private final AppSpec spec;
    private final Bindings bindings;
    private final UnaryOperator<String> open;
    private final boolean build;
    private final Map<String, AppSpec.Part> parts = new HashMap<>();
    private final Map<String, String> resolved = new HashMap<>();
    private final Set<String> unresolved = new LinkedHashSet<>();

    /**
     * @param open decrypts an encrypted value and leaves others as they are
     * @param build whether for building: databases are not there then
     */
    public Environment(AppSpec spec, Bindings bindings, UnaryOperator<String> open, boolean build) {
        this.spec = spec;
        this.bindings = bindings;
        this.open = open;
        this.build = build;
        spec.parts().forEach(part -> parts.putIfAbsent(part.name(), part));
    }

    /** The variables of a component; its own win over the app's. */
    public Map<String, String> of(AppSpec.Part part) {
        Map<String, String> variables = new LinkedHashMap<>();
        add(variables, spec.appEnvs(), null, part);
        add(variables, part.component().allEnvs(), part, part);
        return variables;
    }

    /** The references to nothing that were met. */
    public Set<String> unresolved() {
        return unresolved;
    }

    private void add(Map<String, String> variables, List<Env> envs, AppSpec.Part owner, AppSpec.Part self) {
        for (Env env : envs) {
            if (build ? env.atBuildTime() : env.atRunTime()) {
                variables.put(env.key(), value(env, owner, self));
            }
        }
    }

    private String value(Env env, AppSpec.Part owner, AppSpec.Part self) {
        String value = env.value() == null ? "" : open.apply(env.value());
        if (!value.contains("${")) {
            return value;
        }
        String label = self.path() + (owner == null ? "/app." : "/own.") + env.key();
        String known = resolved.get(label);
        if (known != null) {
            return known;
        }
        // Stands here while its references are looked up, so that a circle ends.
        resolved.put(label, value);
        String result = Reference.replace(value, reference -> find(reference, self), LONGEST);
        resolved.put(label, result);
        return result;
    }

    private String find(Reference reference, AppSpec.Part self) {
        String found = lookUp(reference, self);
        if (found == null) {
            unresolved.add(reference.text());
        }
        return found;
    }

    private String lookUp(Reference reference, AppSpec.Part self) {
        if (reference.pool() != null) {
            return null;
        }
        AppSpec.Part part = Reference.SELF.equals(reference.component()) ? self : parts.get(reference.component());
        String component = part == null ? reference.component() : part.name();
        String bound = bindings.get(component, reference.name(), build);
        if (bound != null) {
            return bound;
        }
        if (reference.component() == null) {
            Env own = find(self.component().allEnvs(), reference.name());
            Env apps = find(spec.appEnvs(), reference.name());
            return own != null ? value(own, self, self) : apps == null ? null : value(apps, null, self);
        }
        Env other = part == null ? null : find(part.component().allEnvs(), reference.name());
        return other == null ? null : value(other, part, part);
    }

    private static Env find(List<Env> envs, String key) {
        return envs.stream().filter(env -> key.equals(env.key())).findFirst().orElse(null);
    }
}
