package dev.mooring.engine;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every engine that this Mooring knows. */
@ApplicationScoped
public class EngineCatalog {

    private final Map<String, Engine> engines = new TreeMap<>();

    EngineCatalog(@All List<Engine> engines) {
        for (Engine engine : engines) {
            if (this.engines.put(engine.slug(), engine) != null) {
                throw new IllegalStateException("two engines are called " + engine.slug());
            }
        }
    }

    /** By slug. */
    public List<Engine> all() {
        return List.copyOf(engines.values());
    }

    /** Empty for one that is not known here. */
    public Optional<Engine> find(@Nullable String slug) {
        return slug == null ? Optional.empty() : Optional.ofNullable(engines.get(slug));
    }

    /** That of a stored cluster. */
    public Engine get(String slug) {
        return find(slug).orElseThrow(() -> new IllegalStateException("this Mooring has no engine " + slug));
    }

    public List<String> slugs() {
        return List.copyOf(engines.keySet());
    }
}
