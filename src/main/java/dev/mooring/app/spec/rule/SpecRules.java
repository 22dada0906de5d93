package dev.mooring.app.spec.rule;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.Env;
import dev.mooring.app.spec.Findings;
import dev.mooring.app.spec.Ingress;
import dev.mooring.app.spec.InstanceSizes;
import dev.mooring.app.spec.LogDestination;
import dev.mooring.app.spec.Source;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.outbound.Target;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

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
        List<AppSpec.Part> parts = spec.parts();
        int components = parts.size() + spec.appDatabases().size();
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
        names(parts);
        keys("envs", spec.appEnvs());
        domains();
        parts.forEach(this::part);
        for (int i = 0; i < spec.appDatabases().size(); i++) {
            database("databases[" + i + "]", spec.appDatabases().get(i));
        }
        ingress(parts);
        new ReferenceRules(spec, findings).check();
        // Circles and endless chains are found by now.
        if (findings.errors().isEmpty()) {
            environment(parts);
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

    private void keys(String path, List<Env> envs) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < envs.size(); i++) {
            String key = envs.get(i).key();
            findings.check(key == null || seen.add(key), path + "[" + i + "].key", key, "is there twice");
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

    private void part(AppSpec.Part part) {
        String path = part.path();
        Component component = part.component();
        keys(path + ".envs", component.allEnvs());
        source(path, part);
        inside(path + ".source_dir", component.sourceDir(), true);
        inside(path + ".dockerfile_path", component.dockerfilePath(), false);
        inside(path + ".output_dir", component.outputDir(), true);
        instances(path, component);
        logs(path, component);
        if (part.kind() == AppSpec.Kind.STATIC_SITE) {
            findings.check(component.runCommand() == null, path + ".run_command", null, "static sites run nothing");
            findings.check(
                    component.image() == null, path + ".image", null, "static sites are built from a repository");
        }
        if (part.kind() == AppSpec.Kind.JOB && component.jobKind() == Component.JobKind.SCHEDULED) {
            findings.check(component.schedule() != null, path + ".schedule", null, "is required for a scheduled job");
            findings.warning(path + ".kind", component.kind(), "jobs are not run by this version of Mooring");
        }
        if (component.schedule() != null && component.schedule().cron() != null) {
            String cron = component.schedule().cron();
            findings.check(
                    cron.strip().split("\\s+").length == 5, path + ".schedule.cron", cron, "must have five fields");
        }
        if (component.livenessHealthCheck() != null
                && component.livenessHealthCheck().successThreshold() != null) {
            findings.check(
                    component.livenessHealthCheck().successThreshold() == 1,
                    path + ".liveness_health_check.success_threshold",
                    component.livenessHealthCheck().successThreshold(),
                    "must be 1");
        }
    }

    private void source(String path, AppSpec.Part part) {
        Component component = part.component();
        long sources = Stream.of(
                        component.git(),
                        component.github(),
                        component.gitlab(),
                        component.bitbucket(),
                        component.image(),
                        component.archive())
                .filter(java.util.Objects::nonNull)
                .count();
        if (sources == 0) {
            findings.warning(
                    path,
                    null,
                    "has no source (git, github, gitlab, bitbucket, image or archive), so nothing is deployed");
        }
        if (sources > 1) {
            findings.warning(
                    path,
                    null,
                    "has " + sources + " sources; the first of git, github, gitlab, bitbucket, image is used");
        }
        if (component.git() != null && component.git().repoCloneUrl() != null) {
            outbound(path + ".git.repo_clone_url", component.git().repoCloneUrl());
        }
        Source.Image image = component.image();
        if (image != null) {
            findings.check(
                    image.tag() == null || image.digest() == null,
                    path + ".image.digest",
                    image.digest(),
                    "cannot stand beside a tag");
            if (image.registryType() == Source.Image.RegistryType.DOCR
                    && image.registry() != null
                    && !image.registry().isEmpty()) {
                findings.warning(path + ".image.registry", image.registry(), "is ignored for DOCR");
            }
        }
    }

    /** What the host's name stands for is looked up by whoever fetches. */
    private void outbound(String path, String url) {
        try {
            policy.check(Target.of(url));
        } catch (IllegalArgumentException | OutboundPolicy.Refused e) {
            // Not shown: it may hold a token.
            findings.error(path, null, e.getMessage());
        }
    }

    /** @param absolute whether a leading slash means the repository's own root */
    private void inside(String path, String value, boolean absolute) {
        if (value == null) {
            return;
        }
        String relative = absolute && value.startsWith("/") ? value.substring(1) : value;
        boolean leaves = relative.startsWith("/")
                || relative.startsWith("~")
                || relative.indexOf('\0') >= 0
                || relative.indexOf('\\') >= 0
                || Stream.of(relative.split("/")).anyMatch(".."::equals);
        findings.check(!leaves, path, value, "must stay inside the repository");
    }

    private void instances(String path, Component component) {
        String slug = component.instanceSizeSlug();
        findings.check(
                slug == null || slug.isEmpty() || InstanceSizes.has(slug),
                path + ".instance_size_slug",
                slug,
                "is no instance size; GET /v2/apps/tiers/instance_sizes has them");
        Component.Autoscaling autoscaling = component.autoscaling();
        if (autoscaling != null) {
            findings.check(
                    component.instanceCount() == null || component.instanceCount() == 0,
                    path + ".instance_count",
                    component.instanceCount(),
                    "cannot stand beside autoscaling");
            if (autoscaling.minInstanceCount() != null && autoscaling.maxInstanceCount() != null) {
                findings.check(
                        autoscaling.minInstanceCount() <= autoscaling.maxInstanceCount(),
                        path + ".autoscaling.min_instance_count",
                        autoscaling.minInstanceCount(),
                        "must not be above max_instance_count");
            }
        }
    }

    private void logs(String path, Component component) {
        List<LogDestination> destinations = AppSpec.orEmpty(component.logDestinations());
        for (int i = 0; i < destinations.size(); i++) {
            String at = path + ".log_destinations[" + i + "]";
            LogDestination destination = destinations.get(i);
            long kinds = Stream.of(
                            destination.papertrail(),
                            destination.datadog(),
                            destination.logtail(),
                            destination.openSearch())
                    .filter(java.util.Objects::nonNull)
                    .count();
            findings.check(kinds > 0, at, null, "must have one of papertrail, datadog, logtail, open_search");
            if (kinds > 1) {
                findings.warning(at, null, "has " + kinds + " kinds of destination, one is meant");
            }
            LogDestination.OpenSearch search = destination.openSearch();
            findings.check(
                    search == null || search.endpoint() != null || search.clusterName() != null,
                    at + ".open_search",
                    null,
                    "must have endpoint or cluster_name");
        }
        if (!destinations.isEmpty()) {
            findings.warning(
                    path + ".log_destinations", null, "are kept; this version of Mooring does not send logs anywhere");
        }
    }

    private void database(String path, Database database) {
        boolean postgres = database.engine() == null
                || database.engine() == Database.Engine.UNSET
                || database.engine() == Database.Engine.PG;
        findings.check(
                postgres,
                path + ".engine",
                database.engine(),
                "is not available, this version of Mooring has PG alone");
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
