package dev.mooring.app.spec;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What an app should be. Members that are not here are tolerated, and everything is echoed as it was sent: the tree is
 * read, never written.
 */
@RegisterForReflection
@Schema(name = "AppSpec")
public record AppSpec(
        @NotNull(message = "is required") @Pattern(regexp = AppSpec.NAME, message = AppSpec.NAME_RULE)
        String name,

        @Schema(description = "Where dev databases are made, such as nyc", examples = "nyc")
        String region,

        Boolean disableEdgeCache,
        Boolean disableEmailObfuscation,
        Boolean enhancedThreatControlEnabled,
        List<String> features,
        List<@Valid Env> envs,
        List<@Valid Alert> alerts,
        List<@Valid Domain> domains,
        List<@Valid Component> services,
        List<@Valid Component> staticSites,
        List<@Valid Component> jobs,
        List<@Valid Component> workers,
        List<@Valid Component> functions,
        List<@Valid Database> databases,
        @Valid Ingress ingress,
        Egress egress,
        @Valid Maintenance maintenance,
        @Valid Vpc vpc) {

    static final String NAME = "[a-z][a-z0-9-]{0,30}[a-z0-9]";
    static final String NAME_RULE =
            "must have 2 to 32 lower-case letters, digits and dashes, begin with a letter and end with a letter or digit";

    @RegisterForReflection
    @Schema(name = "AppDomain")
    public record Domain(
            @NotNull(message = "is required") @Size(min = 4, max = 253, message = "must have 4 to 253 characters")
            String domain,

            Type type,
            Boolean wildcard,
            String zone,
            String certificate,

            @Pattern(regexp = "1\\.[23]", message = "must be 1.2 or 1.3")
            String minimumTlsVersion) {

        @Schema(name = "AppDomainType")
        public enum Type {
            UNSPECIFIED,
            DEFAULT,
            PRIMARY,
            ALIAS
        }
    }

    @RegisterForReflection
    @Schema(name = "AppEgress")
    public record Egress(Type type) {
        @Schema(name = "AppEgressType")
        public enum Type {
            AUTOASSIGN,
            DEDICATED_IP
        }
    }

    @RegisterForReflection
    @Schema(name = "AppMaintenance")
    public record Maintenance(Boolean enabled, Boolean archive, String offlinePageUrl) {}

    @RegisterForReflection
    @Schema(name = "AppVpc")
    public record Vpc(String id, List<EgressIp> egressIps) {
        @RegisterForReflection
        public record EgressIp(String ip) {}
    }

    public List<Env> appEnvs() {
        return orEmpty(envs);
    }

    public List<Database> appDatabases() {
        return orEmpty(databases);
    }

    /** Every component that has code, kind by kind. */
    public List<Part> parts() {
        List<Part> parts = new java.util.ArrayList<>();
        for (Kind kind : Kind.values()) {
            List<Component> components = of(kind);
            for (int i = 0; i < components.size(); i++) {
                parts.add(new Part(kind, i, components.get(i)));
            }
        }
        return parts;
    }

    public List<Component> of(Kind kind) {
        return orEmpty(
                switch (kind) {
                    case SERVICE -> services;
                    case WORKER -> workers;
                    case JOB -> jobs;
                    case STATIC_SITE -> staticSites;
                    case FUNCTION -> functions;
                });
    }

    /** The address that the spec gives the app: its primary domain, else its first. */
    public @Nullable String domain() {
        List<Domain> all = orEmpty(domains);
        return all.stream()
                .filter(domain -> domain.type() == Domain.Type.PRIMARY)
                .findFirst()
                .or(() -> all.stream().findFirst())
                .map(Domain::domain)
                .orElse(null);
    }

    /** A component where it stands in the spec. */
    public record Part(Kind kind, int index, Component component) {
        public String name() {
            return component.name();
        }

        public String path() {
            return kind.member() + "[" + index + "]";
        }
    }

    /** The lists of components with code. */
    public enum Kind {
        SERVICE("services"),
        WORKER("workers"),
        JOB("jobs"),
        STATIC_SITE("static_sites"),
        FUNCTION("functions");

        private final String member;

        Kind(String member) {
            this.member = member;
        }

        /** The spec's member with the components of this kind. */
        public String member() {
            return member;
        }
    }

    public static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
