package dev.mooring.app.spec.rule;

import dev.mooring.app.spec.AppSpec;
import java.util.Set;

/** The names that references may have, by what they are of. */
final class Variables {

    static final Set<String> APP = Set.of("APP_DOMAIN", "APP_URL", "APP_ID");

    static final Set<String> DATABASE = Set.of(
            "HOSTNAME",
            "PORT",
            "USERNAME",
            "PASSWORD",
            "DATABASE",
            "DATABASE_URL",
            "CA_CERT",
            "DATABASE_PRIVATE_URL",
            "JDBC_DATABASE_URL");

    static final Set<String> KAFKA = Set.of("HOSTNAME", "PORT", "USERNAME", "PASSWORD", "CA_CERT");

    private static final Set<String> SERVICE =
            Set.of("PRIVATE_DOMAIN", "PRIVATE_PORT", "PRIVATE_URL", "PUBLIC_URL", "PUBLIC_ROUTE_PATH", "COMMIT_HASH");
    private static final Set<String> SITE = Set.of("PUBLIC_URL", "PUBLIC_ROUTE_PATH", "COMMIT_HASH");
    private static final Set<String> PLAIN = Set.of("COMMIT_HASH");

    private Variables() {}

    static Set<String> of(AppSpec.Kind kind) {
        return switch (kind) {
            case SERVICE -> SERVICE;
            case STATIC_SITE, FUNCTION -> SITE;
            case WORKER, JOB -> PLAIN;
        };
    }
}
