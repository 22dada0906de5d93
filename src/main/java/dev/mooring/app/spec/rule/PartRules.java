package dev.mooring.app.spec.rule;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component;
import dev.mooring.app.spec.Env;
import dev.mooring.app.spec.Findings;
import dev.mooring.app.spec.InstanceSizes;
import dev.mooring.app.spec.LogDestination;
import dev.mooring.app.spec.Source;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.outbound.Target;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rules of one component that concern more than one of its members. */
final class PartRules {

    private final OutboundPolicy policy;
    private final Findings findings;

    PartRules(OutboundPolicy policy, Findings findings) {
        this.policy = policy;
        this.findings = findings;
    }

    void check(AppSpec.Part part) {
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
    private void inside(String path, @Nullable String value, boolean absolute) {
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

    void keys(String path, List<Env> envs) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < envs.size(); i++) {
            String key = envs.get(i).key();
            findings.check(key == null || seen.add(key), path + "[" + i + "].key", key, "is there twice");
        }
    }
}
