package dev.mooring.app.spec.rule;

import dev.mooring.app.spec.Env;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds variables by their names: a spec may have thousands that refer to each other. */
final class EnvIndex {

    private final IdentityHashMap<List<Env>, Map<String, Env>> lists = new IdentityHashMap<>();

    /** The first of the list that has the name. */
    Optional<Env> find(List<Env> envs, String key) {
        return Optional.ofNullable(lists.computeIfAbsent(envs, EnvIndex::index).get(key));
    }

    private static Map<String, Env> index(List<Env> envs) {
        Map<String, Env> index = new HashMap<>();
        envs.forEach(env -> index.putIfAbsent(env.key(), env));
        return index;
    }
}
