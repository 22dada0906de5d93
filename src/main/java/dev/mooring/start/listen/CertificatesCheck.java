package dev.mooring.start.listen;

import io.smallrye.health.api.Wellness;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Shows in {@code /q/health} when the first certificate of each kind ends, and says no when one could not be renewed or has
 * ended; the gauge {@code mooring_certificates_expiry_seconds} tells how long that is.
 */
@Wellness
@ApplicationScoped
class CertificatesCheck implements HealthCheck {

    private final CertificateRenewal renewal;
    private final Clock clock;

    CertificatesCheck(CertificateRenewal renewal, Clock clock) {
        this.renewal = renewal;
        this.clock = clock;
    }

    @Override
    public HealthCheckResponse call() {
        CertificateRenewal.State state = renewal.state();
        Instant now = clock.instant();
        boolean ended = state.ends().values().stream().anyMatch(now::isAfter);
        var answer = HealthCheckResponse.named("certificates")
                .status(!ended && state.failures().isEmpty());
        state.ends().forEach((kind, end) -> answer.withData(kind, end.toString()));
        state.failures().forEach((kind, why) -> answer.withData(kind + " failed", why));
        return answer.build();
    }
}
