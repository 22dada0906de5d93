package dev.mooring.app.binding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.rule.SpecReader;
import dev.mooring.database.binding.AppDatabase;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.database.binding.Conversions;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Dev databases that a spec makes managed ones: their component has {@code production: true} and a {@code cluster_name} that
 * does not exist yet.
 */
@ApplicationScoped
public class ConversionPlans {

    private final AppDatabases databases;
    private final Conversions conversions;

    ConversionPlans(AppDatabases databases, Conversions conversions) {
        this.databases = databases;
        this.conversions = conversions;
    }

    public record Plan(AppDatabase dev, Conversions.Wanted wanted) {}

    /** What the spec converts; what cannot be converted is in its findings. */
    public Uni<List<Plan>> of(UUID team, UUID app, SpecReader.Read read) {
        return databases.of(team, app).chain(present -> {
            List<String> names = read.spec().appDatabases().stream()
                    .filter(Database::managed)
                    .map(Database::clusterName)
                    .filter(name -> name != null)
                    .toList();
            return databases.managed(team, app, names).map(managed -> plans(read, present, managed));
        });
    }

    private List<Plan> plans(SpecReader.Read read, Map<String, AppDatabase> present, Map<String, AppDatabase> managed) {
        List<Plan> plans = new ArrayList<>();
        List<Database> wanted = read.spec().appDatabases();
        for (int i = 0; i < wanted.size(); i++) {
            Database database = wanted.get(i);
            AppDatabase dev = present.get(database.name());
            if (database.managed() && dev != null && !dev.managed()) {
                String path = "databases[" + i + "].";
                if (managed.containsKey(database.clusterName())) {
                    read.findings()
                            .refuse(
                                    path + "cluster_name",
                                    "the dev database " + database.name() + " (" + dev.id() + ") would be lost:"
                                            + " attach the cluster " + database.clusterName()
                                            + " under another component name, or give a cluster_name that does not exist"
                                            + " yet, and the dev database becomes that cluster");
                } else {
                    plans.add(plan(read, path, database, dev));
                }
            }
        }
        return plans;
    }

    private Plan plan(SpecReader.Read read, String path, Database database, AppDatabase dev) {
        Conversions.Wanted wanted = new Conversions.Wanted(
                database.clusterName(),
                Conversions.knownSize(text(database.size())),
                database.numNodes() == null ? null : database.numNodes().asInt(1),
                database.version());
        Problems problems = new Problems();
        conversions.check(problems, wanted);
        for (String problem : problems.all()) {
            String[] parts = problem.split(": ", 2);
            read.findings().refuse(path + (parts[0].equals("name") ? "cluster_name" : parts[0]), parts[1]);
        }
        String version = wanted.version();
        if (version != null && (!version.matches("\\d{2}") || version.compareTo(dev.version()) < 0)) {
            read.findings()
                    .refuse(
                            path + "version",
                            "must be a major version not lower than " + dev.version() + ", which the database has");
        }
        return new Plan(dev, wanted);
    }

    private static @Nullable String text(@Nullable JsonNode node) {
        return node == null ? null : node.asText();
    }

    /** Fails with 422 when something in a database stands in the way of the version wanted. */
    public Uni<Void> check(UUID team, List<Plan> plans) {
        Uni<Void> all = Uni.createFrom().voidItem();
        for (Plan plan : plans) {
            all = all.chain(() -> conversions.checkVersion(
                    team, plan.dev().id(), plan.dev().version(), plan.wanted().version()));
        }
        return all;
    }

    /** In the caller's transaction, which holds the app's row. */
    public Uni<Void> begin(UUID team, List<Plan> plans) {
        Uni<Void> all = Uni.createFrom().voidItem();
        for (Plan plan : plans) {
            all = all.chain(() -> conversions.begin(team, plan.dev().id(), plan.wanted()))
                    .replaceWithVoid();
        }
        return all;
    }
}
