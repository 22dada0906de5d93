package dev.mooring.app.spec.rule;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.Findings;
import dev.mooring.app.spec.Ingress;
import dev.mooring.outbound.OutboundPolicy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rules of a spec that concern more than one member. */
public final class SpecRules {

    static final int MOST_COMPONENTS = 200;

    private final AppSpec spec;
    private final Offer offer;
    private final OutboundPolicy policy;
    private final Findings findings;

    /**
     * What can be had here.
     *
     * @param regions that an app may be in
     * @param majors of PostgreSQL
     */
    public record Offer(Set<String> regions, List<String> majors) {}

    SpecRules(AppSpec spec, Offer offer, OutboundPolicy policy, Findings findings) {
        this.spec = spec;
        this.offer = offer;
        this.policy = policy;
        this.findings = findings;
    }

    void check() {
        List<AppSpec.Part> all = spec.parts();
        int components = all.size() + spec.appDatabases().size();
        if (components > MOST_COMPONENTS) {
            findings.error("spec", null, "may have at most " + MOST_COMPONENTS + " components, has " + components);
            return;
        }
        findings.check(
                spec.region() == null
                        || spec.region().isEmpty()
                        || offer.regions().contains(spec.region()),
                "region",
                spec.region(),
                "must be one of " + String.join(", ", offer.regions()));
        names(all);
        PartRules parts = new PartRules(policy, findings);
        parts.keys("envs", spec.appEnvs());
        domains();
        all.forEach(parts::check);
        for (int i = 0; i < spec.appDatabases().size(); i++) {
            database("databases[" + i + "]", spec.appDatabases().get(i));
        }
        ingress(all);
        new ReferenceRules(spec, findings).check();
        // Circles and endless chains are found by now.
        if (findings.errors().isEmpty()) {
            environment(all);
        }
    }

    /** With what is known by now; what is bound later is short. */
    private void environment(List<AppSpec.Part> parts) {
        for (boolean build : new boolean[] {false, true}) {
            Environment environment = new Environment(spec, new Bindings(), value -> value, build);
            try {
                parts.forEach(environment::of);
            } catch (Environment.TooLarge e) {
                findings.error("envs", null, e.getMessage());
                return;
            }
        }
    }

    /** Databases give their names to variables, so nothing else may have them. */
    private void names(List<AppSpec.Part> parts) {
        Map<String, String> seen = new HashMap<>();
        for (int i = 0; i < spec.appDatabases().size(); i++) {
            String name = spec.appDatabases().get(i).name();
            String other = seen.put(name, "databases[" + i + "]");
            findings.check(
                    name == null || other == null, "databases[" + i + "].name", name, "is already that of " + other);
        }
        for (AppSpec.Part part : parts) {
            if (part.name() == null) {
                findings.warning(part.path() + ".name", null, "is missing, so this component is not deployed");
                continue;
            }
            String other = seen.put(part.name(), part.path());
            if (other == null) {
                continue;
            }
            String rule = "is already that of " + other;
            if (other.startsWith("databases") || other.startsWith(part.kind().member() + "[")) {
                findings.error(part.path() + ".name", part.name(), rule);
            } else {
                findings.warning(
                        part.path() + ".name",
                        part.name(),
                        rule + ": where a name alone is asked for, that one answers");
            }
        }
    }

    private void domains() {
        Set<String> seen = new HashSet<>();
        List<AppSpec.Domain> domains = AppSpec.orEmpty(spec.domains());
        for (int i = 0; i < domains.size(); i++) {
            String domain = domains.get(i).domain();
            findings.check(domain == null || seen.add(domain), "domains[" + i + "].domain", domain, "is there twice");
        }
    }

    private void database(String path, Database database) {
        boolean postgres = database.engine() == null
                || database.engine() == Database.Engine.UNSET
                || database.engine() == Database.Engine.PG;
        boolean kafka = database.engine() == Database.Engine.KAFKA;
        findings.check(
                postgres || kafka,
                path + ".engine",
                database.engine(),
                "is not available, this version of Mooring has PG and KAFKA");
        if (kafka && !database.managed()) {
            findings.check(
                    false,
                    path + ".production",
                    database.production(),
                    "must be true for KAFKA, with the cluster_name of a Kafka cluster that exists: dev databases are PG");
            return;
        }
        if (database.managed()) {
            findings.check(
                    database.clusterName() != null && !database.clusterName().isBlank(),
                    path + ".cluster_name",
                    null,
                    "is required with production: true");
            return;
        }
        if (postgres && database.version() != null && !database.version().isEmpty()) {
            findings.check(
                    offer.majors().contains(database.version()),
                    path + ".version",
                    database.version(),
                    "must be one of " + String.join(", ", offer.majors()));
        }
        for (String[] member : new String[][] {
            {"cluster_name", database.clusterName()}, {"db_name", database.dbName()}, {"db_user", database.dbUser()}
        }) {
            if (member[1] != null && !member[1].isEmpty()) {
                findings.warning(path + "." + member[0], member[1], "is for production: true and ignored here");
            }
        }
    }

    private void ingress(List<AppSpec.Part> parts) {
        if (spec.ingress() == null) {
            return;
        }
        Set<String> names = new HashSet<>();
        parts.forEach(part -> names.add(part.name()));
        List<Ingress.Rule> rules = spec.ingress().all();
        for (int i = 0; i < rules.size(); i++) {
            Ingress.Rule rule = rules.get(i);
            String at = "ingress.rules[" + i + "]";
            findings.check(
                    (rule.component() == null) != (rule.redirect() == null),
                    at,
                    null,
                    "must have either component or redirect");
            if (rule.component() != null) {
                findings.check(
                        names.contains(rule.component().name()),
                        at + ".component.name",
                        rule.component().name(),
                        "is no component of this app");
            }
        }
    }
}
