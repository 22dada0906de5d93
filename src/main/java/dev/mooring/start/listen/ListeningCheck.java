package dev.mooring.start.listen;

import io.quarkus.vertx.http.HttpsServerStart;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready before https is served: plain http answers some milliseconds earlier. */
@Readiness
@ApplicationScoped
class ListeningCheck implements HealthCheck {

    private volatile boolean listening = !Listening.configured().https();

    void served(@ObservesAsync HttpsServerStart event) {
        listening = true;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named("listening").status(listening);
        return listening
                ? response.build()
                : response.withData("waiting_for", "https to be served").build();
    }
}
