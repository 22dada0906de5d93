package dev.mooring.app.release;

import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.runtime.AppsSettings;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.rule.Bindings;
import dev.mooring.database.binding.AppDatabase;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.database.cluster.DevDatabase;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.home.Vault;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds an app's databases, and gives its variables their values. */
@ApplicationScoped
public class AppBindings {

    private static final String ADMIN = "doadmin";
    private static final String FIRST_DATABASE = "defaultdb";

    private final AppDatabases databases;
    private final Vault vault;
    private final AppsSettings settings;

    AppBindings(AppDatabases databases, Vault vault, AppsSettings settings) {
        this.databases = databases;
        this.vault = vault;
        this.settings = settings;
    }

    /**
     * A database of the app's spec and the cluster that it is.
     *
     * @param secret sealed password of the user
     */
    public record Bound(Database spec, AppDatabase cluster, String user, String secret, String database) {}

    /**
     * @param missing dev databases that are not there yet
     * @param problems why managed databases of the spec are not among the bound ones
     */
    public record Found(Map<String, Bound> bound, List<Database> missing, List<String> problems) {}

    public Uni<Found> find(UUID team, UUID app, AppSpec spec) {
        List<String> names = spec.appDatabases().stream()
                .filter(Database::managed)
                .map(Database::clusterName)
                .toList();
        return databases
                .of(team, app)
                .chain(dev -> databases.managed(team, app, names).map(managed -> {
                    Found found = new Found(new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>());
                    for (Database database : spec.appDatabases()) {
                        if (database.managed()) {
                            attach(database, managed.get(database.clusterName()), found);
                        } else {
                            own(database, dev.get(database.name()), found);
                        }
                    }
                    return found;
                }));
    }

    /** The same with the certificates that each server is known by. Fails with 412 while these cannot be told. */
    public Uni<Found> resolve(UUID team, UUID app, AppSpec spec) {
        return find(team, app, spec).chain(found -> {
            Uni<Void> all = Uni.createFrom().voidItem();
            for (Map.Entry<String, Bound> entry : found.bound().entrySet()) {
                Bound bound = entry.getValue();
                all = all.chain(() -> databases.withAuthority(bound.cluster()))
                        .invoke(known -> entry.setValue(
                                new Bound(bound.spec(), known, bound.user(), bound.secret(), bound.database())))
                        .replaceWithVoid();
            }
            return all.replaceWith(found);
        });
    }

    private static void own(Database database, @Nullable AppDatabase cluster, Found found) {
        if (cluster == null) {
            found.missing().add(database);
            return;
        }
        String name = DevDatabase.nameOf(database.name());
        found.bound().put(database.name(), new Bound(database, cluster, name, secret(cluster, name), name));
    }

    private static String secret(AppDatabase cluster, String user) {
        return Objects.requireNonNull(cluster.users().get(user), () -> cluster.name() + " has no user " + user);
    }

    private void attach(Database database, @Nullable AppDatabase cluster, Found found) {
        String prefix = database.name() + ": ";
        if (cluster == null) {
            found.problems()
                    .add(prefix + "there is no database cluster named " + database.clusterName()
                            + "; create it, or correct cluster_name");
            return;
        }
        boolean kafka = cluster.engine().equals(KafkaEngine.ENGINE);
        if (kafka != (database.engine() == Database.Engine.KAFKA)) {
            found.problems()
                    .add(prefix + "the cluster " + cluster.name() + " is of the engine " + cluster.engine() + ", not "
                            + (database.engine() == null ? Database.Engine.PG : database.engine()));
            return;
        }
        if (kafka && cluster.restricted() && !settings.kafkaTrustedSources()) {
            found.problems()
                    .add(prefix + "apps do not connect to Kafka clusters that have trusted sources, and "
                            + cluster.name() + " has some: disable them (PUT /v2/databases/" + cluster.id()
                            + "/firewall with {\"rules\": []}), or have MOORING_APPS_KAFKA_TRUSTED_SOURCES=true set,"
                            + " with which the app becomes one of them");
            return;
        }
        // What was the component's dev database goes on as it did, also when the spec does not name user and database.
        boolean converted = database.name().equals(cluster.component());
        String user = orElse(database.dbUser(), converted ? DevDatabase.nameOf(database.name()) : ADMIN);
        String name = orElse(database.dbName(), converted ? DevDatabase.nameOf(database.name()) : FIRST_DATABASE);
        boolean there = true;
        if (!cluster.users().containsKey(user)) {
            there = false;
            found.problems()
                    .add(
                            prefix + "the cluster " + cluster.name() + " has no user " + user
                                    + " (db_user); a user made with SQL cannot be bound, because only its owner knows its password");
        }
        if (!kafka && !cluster.linked() && !cluster.databases().contains(name)) {
            there = false;
            found.problems().add(prefix + "the cluster " + cluster.name() + " has no database " + name + " (db_name)");
        }
        if (there) {
            found.bound().put(database.name(), new Bound(database, cluster, user, secret(cluster, user), name));
        }
    }

    /** The password of a bound user, in the clear. */
    public String password(Bound bound) {
        return vault.unseal(bound.secret());
    }

    public String password(Pooled pool) {
        return vault.unseal(pool.secret());
    }

    /** The values of all variables, as far as they are known by now. */
    public Bindings bindings(DeployWish.AppIdentity app, AppSpec spec, Map<String, Bound> bound, DeployFacts facts) {
        Bindings bindings = new Bindings();
        bound.forEach((component, database) -> bind(bindings, component, database));
        bindings.put(null, "APP_ID", app.id().toString());
        if (app.url() != null) {
            bindings.put(null, "APP_URL", app.url());
            bindings.put(null, "APP_DOMAIN", URI.create(app.url()).getHost());
        }
        for (AppSpec.Part part : spec.parts()) {
            component(bindings, app, spec, part, facts);
        }
        return bindings;
    }

    private void bind(Bindings bindings, String component, Bound database) {
        AppDatabase cluster = database.cluster();
        if (cluster.engine().equals(KafkaEngine.ENGINE)) {
            bindings.kafka(
                    component, cluster.host(), cluster.port(), database.user(), password(database), cluster.ca());
        } else {
            bindings.database(
                    component,
                    cluster.host(),
                    cluster.port(),
                    database.user(),
                    password(database),
                    database.database(),
                    cluster.ca());
            for (Pooled pool : pools(database)) {
                bindings.database(
                        Bindings.pool(component, pool.name()),
                        pool.host(),
                        pool.port(),
                        pool.user(),
                        vault.unseal(pool.secret()),
                        pool.database(),
                        cluster.ca());
            }
        }
    }

    /**
     * A connection pool of a bound database.
     *
     * @param user that the app comes as
     * @param secret sealed password
     * @param database that is connected to
     */
    public record Pooled(String name, String user, String secret, String host, int port, String database) {}

    /** Those that have a user of their own are for it; to the others the app comes as it comes to the database. */
    public List<Pooled> pools(Bound bound) {
        return bound.cluster().pools().stream()
                .flatMap(pool -> pooled(bound, pool).stream())
                .toList();
    }

    private static Optional<Pooled> pooled(Bound bound, ConnectionPool pool) {
        AppDatabase cluster = bound.cluster();
        String user = Objects.requireNonNullElse(pool.user(), bound.user());
        String secret = pool.user() == null ? bound.secret() : cluster.users().get(user);
        if (secret == null) {
            return Optional.empty();
        }
        Endpoints.Endpoint own = pool.address();
        return Optional.of(
                own == null
                        ? new Pooled(pool.name(), user, secret, cluster.host(), cluster.poolPort(), pool.name())
                        : new Pooled(pool.name(), user, secret, own.host(), own.port(), pool.db()));
    }

    private static void component(
            Bindings bindings, DeployWish.AppIdentity app, AppSpec spec, AppSpec.Part part, DeployFacts facts) {
        if (part.name() == null) {
            return;
        }
        String label = AppFolder.label(part.kind().name(), part.name());
        String commit = facts.commits().get(label);
        if (commit != null) {
            bindings.put(part.name(), "COMMIT_HASH", commit);
        }
        if (part.kind() != AppSpec.Kind.WORKER && part.kind() != AppSpec.Kind.JOB && app.url() != null) {
            String path = Routes.publicPath(spec, part);
            bindings.put(part.name(), "PUBLIC_URL", app.url() + (path.equals("/") ? "" : path));
            bindings.put(part.name(), "PUBLIC_ROUTE_PATH", path);
        }
        Integer port = facts.ports().get(label + "-0");
        if (part.kind() == AppSpec.Kind.SERVICE && port != null) {
            bindings.putAtRunTime(part.name(), "PRIVATE_DOMAIN", "127.0.0.1");
            bindings.putAtRunTime(part.name(), "PRIVATE_PORT", port.toString());
            bindings.putAtRunTime(part.name(), "PRIVATE_URL", "http://127.0.0.1:" + port);
        }
    }

    private static String orElse(@Nullable String text, String otherwise) {
        return text == null || text.isBlank() ? otherwise : text;
    }
}
