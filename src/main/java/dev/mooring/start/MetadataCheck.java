package dev.mooring.start;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready before the metadata database is. */
@Readiness
@ApplicationScoped
class MetadataCheck implements HealthCheck {

    private final Metadata metadata;

    MetadataCheck(Metadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public HealthCheckResponse call() {
        String missing = metadata.missing();
        var response = HealthCheckResponse.named("metadata").status(missing == null);
        return missing == null
                ? response.build()
                : response.withData("waiting_for", missing).build();
    }
}
