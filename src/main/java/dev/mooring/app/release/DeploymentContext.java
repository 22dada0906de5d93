package dev.mooring.app.release;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.SpecKey;
import dev.mooring.app.spec.SpecText;
import dev.mooring.app.spec.rule.Environment;
import dev.mooring.app.spec.rule.SpecReader;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.home.Vault;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the programs of an app ask of its spec and its databases. Blocks: for virtual threads. */
@ApplicationScoped
class DeploymentContext {

    private final AppDatabases databases;
    private final AppBindings bindings;
    private final SpecReader reader;
    private final Vault vault;

    DeploymentContext(AppDatabases databases, AppBindings bindings, SpecReader reader, Vault vault) {
        this.databases = databases;
        this.bindings = bindings;
        this.reader = reader;
        this.vault = vault;
    }

    /** Waits for what needs a context of the event loop, such as a session of its own. */
    <T> T await(@Nullable Supplier<Uni<T>> question) throws Exception {
        try {
            return VertxContextSupport.subscribeAndAwait(question);
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    AppSpec spec(DeployWish wish) {
        try {
            return reader.stored(SpecText.json(wish.spec()));
        } catch (SpecText.Unreadable e) {
            throw new IllegalStateException("a stored spec is damaged: " + e.getMessage());
        }
    }

    AppBindings.Found databases(DeployWish wish) throws Exception {
        return await(() -> bindings.find(wish.app().team(), wish.app().id(), spec(wish)));
    }

    /** The variables of the app's components, as far as their values are known by now. */
    Environment environment(DeployWish wish, AppSpec spec, DeployFacts facts, boolean build) throws Exception {
        AppBindings.Found found =
                await(() -> bindings.resolve(wish.app().team(), wish.app().id(), spec));
        return environment(wish, spec, found.bound(), facts, build);
    }

    /** The variables at run time as if a copy of a database were the database itself. */
    Environment environment(DeployWish wish, AppSpec spec, AppBindings.Bound copy, DeployFacts facts) throws Exception {
        Map<String, AppBindings.Bound> bound =
                new LinkedHashMap<>(databases(wish).bound());
        bound.put(copy.spec().name(), copy);
        return environment(wish, spec, bound, facts, false);
    }

    private Environment environment(
            DeployWish wish, AppSpec spec, Map<String, AppBindings.Bound> bound, DeployFacts facts, boolean build) {
        SpecKey key = SpecKey.of(vault.unseal(wish.specKey()));
        return new Environment(spec, bindings.bindings(wish.app(), spec, bound, facts), key::open, build);
    }

    /** References to nothing, by component. What only the start of components brings is not missed yet. */
    Map<String, String> unresolved(DeployWish wish, DeployFacts facts) throws Exception {
        AppSpec spec = spec(wish);
        Map<String, AppBindings.Bound> bound = databases(wish).bound();
        Map<String, String> warnings = new LinkedHashMap<>();
        for (AppSpec.Part part : spec.parts()) {
            if (part.name() != null) {
                Environment environment = environment(wish, spec, bound, facts, false);
                environment.of(part);
                List<String> missed = environment.unresolved().stream()
                        .filter(text -> wish.binds() || !text.matches("\\$\\{.*\\b(?:COMMIT_HASH|PRIVATE_\\w+)}"))
                        .toList();
                if (!missed.isEmpty()) {
                    warnings.put(part.name(), String.join(", ", missed));
                }
            }
        }
        return warnings;
    }

    /** What the app cannot expect of a dev database that stayed behind in another region. */
    @Nullable
    String elsewhere(DeployWish wish, AppBindings.Bound bound) {
        String region = spec(wish).region();
        String cluster = bound.cluster().region();
        if (bound.spec().managed() || region == null || region.isEmpty() || cluster.startsWith(region)) {
            return null;
        }
        return AppMoves.left(bound.spec().name(), cluster, region);
    }

    void createDatabases(DeployWish wish, List<Database> missing) throws Exception {
        await(() -> databases
                .versions()
                .chain(versions -> Panache.withTransaction(() -> {
                    Uni<Void> all = Uni.createFrom().voidItem();
                    for (Database database : missing) {
                        all = all.chain(() -> databases.create(
                                        wish.app().team(),
                                        wish.app().id(),
                                        database.name(),
                                        versions.of(database.version()),
                                        wish.region()))
                                .replaceWithVoid();
                    }
                    return all;
                })));
    }

    /** The clusters that trust the app and are not in its spec any more. */
    List<UUID> left(DeployWish wish) throws Exception {
        List<UUID> attached = databases(wish).bound().values().stream()
                .map(bound -> bound.cluster().id())
                .toList();
        return await(() -> databases.trustedBy(wish.app().team(), wish.app().id())).stream()
                .filter(cluster -> !attached.contains(cluster))
                .toList();
    }

    /** Ends the dev databases that are no longer in the spec. */
    List<String> forgetDatabases(DeployWish wish) throws Exception {
        List<String> kept = spec(wish).appDatabases().stream()
                .filter(database -> !database.managed())
                .map(Database::name)
                .toList();
        return await(() -> databases.destroyAllBut(wish.app().team(), wish.app().id(), kept));
    }
}
