package dev.mooring.app.spec.rule;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Env;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What the variables of an app's components are, with their references resolved and their secrets in the clear. */
public final class Environment {

    /** Linux takes no longer one. */
    private static final int LONGEST = 128 * 1024 - 1024;

    /** Characters of all variables of a component. Linux takes two megabytes, arguments included, where nobody has set more. */
    static final int MOST = 1 << 20;

    /** Characters of everything that is resolved for an app: what refers to a long variable is as long itself. */
    static final int MOST_OF_APP = 32 << 20;

    private final AppSpec spec;
    private final Bindings bindings;
    private final UnaryOperator<String> open;
    private final boolean build;
    private final Map<String, AppSpec.Part> parts = new HashMap<>();
    private final Map<String, String> resolved = new HashMap<>();
    private final Set<String> unresolved = new LinkedHashSet<>();
    private final EnvIndex index = new EnvIndex();
    private long made;

    /** What the references of a few variables can make of them has no bound but this one. */
    public static final class TooLarge extends RuntimeException {
        TooLarge(String where, String key, String rule) {
            super(where + ": with the variable " + key + " the resolved environment " + rule);
        }
    }

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

    /**
     * The variables of a component; its own win over the app's.
     *
     * @throws TooLarge when they, or all that was resolved so far, are more than can be used
     */
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

    private void add(Map<String, String> variables, List<Env> envs, AppSpec.@Nullable Part owner, AppSpec.Part self) {
        long size = variables.entrySet().stream()
                .mapToLong(variable -> size(variable.getKey(), variable.getValue()))
                .sum();
        for (Env env : envs) {
            if (env.key() != null && (build ? env.atBuildTime() : env.atRunTime())) {
                String value = value(env, owner, self);
                String before = variables.put(env.key(), value);
                size += size(env.key(), value) - (before == null ? 0 : size(env.key(), before));
                if (size > MOST) {
                    throw new TooLarge(
                            self.path(), env.key(), "of this component has more than " + MOST + " characters");
                }
            }
        }
    }

    private static long size(String key, String value) {
        return key.length() + value.length() + 2L;
    }

    private String value(Env env, AppSpec.@Nullable Part owner, AppSpec.Part self) {
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
        made += result.length();
        if (made > MOST_OF_APP) {
            throw new TooLarge(self.path(), env.key(), "of the app has more than " + MOST_OF_APP + " characters");
        }
        return result;
    }

    private @Nullable String find(Reference reference, AppSpec.Part self) {
        String found = lookUp(reference, self);
        if (found == null) {
            unresolved.add(reference.text());
        }
        return found;
    }

    private @Nullable String lookUp(Reference reference, AppSpec.Part self) {
        if (reference.pool() != null) {
            return bindings.get(Bindings.pool(reference.component(), reference.pool()), reference.name(), build);
        }
        AppSpec.Part part = Reference.SELF.equals(reference.component()) ? self : parts.get(reference.component());
        String component = part == null ? reference.component() : part.name();
        String bound = bindings.get(component, reference.name(), build);
        if (bound != null) {
            return bound;
        }
        if (reference.component() == null) {
            Env own = index.find(self.component().allEnvs(), reference.name()).orElse(null);
            Env apps = index.find(spec.appEnvs(), reference.name()).orElse(null);
            return own != null ? value(own, self, self) : apps == null ? null : value(apps, null, self);
        }
        return part == null
                ? null
                : index.find(part.component().allEnvs(), reference.name())
                        .map(other -> value(other, part, part))
                        .orElse(null);
    }
}
