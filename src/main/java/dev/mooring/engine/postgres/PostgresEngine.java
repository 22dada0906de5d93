package dev.mooring.engine.postgres;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.engine.Engine;
import dev.mooring.engine.Plan;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** PostgreSQL, with DigitalOcean's names for what a cluster has from the beginning. */
@ApplicationScoped
public class PostgresEngine implements Engine {

    /** As clients write it. */
    public static final String ENGINE = "pg";

    public static final String ADMIN = "doadmin";
    public static final String FIRST_DATABASE = "defaultdb";

    /** Slugs and their storage as the price list of 2026 has them. */
    public static final List<Plan> PLANS = List.of(
            plan("db-s-1vcpu-1gb", 1, 1, 10),
            plan("db-s-1vcpu-2gb", 1, 2, 30),
            plan("db-s-2vcpu-4gb", 2, 4, 60),
            plan("db-s-4vcpu-8gb", 4, 8, 140),
            plan("db-s-6vcpu-16gb", 6, 16, 290),
            plan("db-s-8vcpu-32gb", 8, 32, 600),
            plan("db-s-16vcpu-64gb", 16, 64, 1120),
            plan("gd-2vcpu-8gb", 2, 8, 30),
            plan("gd-4vcpu-16gb", 4, 16, 60),
            plan("gd-8vcpu-32gb", 8, 32, 140),
            plan("gd-16vcpu-64gb", 16, 64, 290));

    private static Plan plan(String slug, int cpus, int memoryGib, int storageGib) {
        return new Plan(slug, cpus, memoryGib * 1024, storageGib * 1024);
    }

    @Override
    public String slug() {
        return ENGINE;
    }

    @Override
    public String name() {
        return "PostgreSQL";
    }

    /** Versions are majors, and those are numbers. */
    @Override
    public Comparator<String> versions() {
        return Comparator.comparingInt(Integer::parseInt);
    }

    @Override
    public String defaultVersion() {
        return PostgresVersion.DEFAULT;
    }

    @Override
    public @Nullable String endOfLife(String version) {
        return PostgresVersion.endOfLife(version);
    }

    @Override
    public List<Plan> plans() {
        return PLANS;
    }

    /** The same for who has no engine at hand, because it is about PostgreSQL alone. */
    public static Optional<Plan> planOf(@Nullable String slug) {
        return PLANS.stream().filter(plan -> plan.slug().equals(slug)).findFirst();
    }

    /** A primary and one or two that follow it. */
    @Override
    public List<Integer> nodeCounts() {
        return List.of(1, 2, 3);
    }

    @Override
    public String firstUser() {
        return ADMIN;
    }

    @Override
    public String firstDatabase() {
        return FIRST_DATABASE;
    }

    /** Passwords are letters and digits only, so nothing in the URI needs escaping. */
    @Override
    public Connection connection(Login login) {
        String credentials = login.user() + (login.password() == null ? "" : ":" + login.password());
        return new Connection(
                "postgresql",
                "postgresql://" + credentials + "@" + login.host() + ":" + login.port() + "/" + login.database()
                        + "?sslmode=require");
    }

    @Override
    public Map<String, String> parameters(ObjectNode config, Plan plan) {
        return PgConfig.parameters(config, plan);
    }

    @Override
    public Map<String, String> poolSettings(ObjectNode config) {
        return PgBouncerConfig.settings(config);
    }
}
