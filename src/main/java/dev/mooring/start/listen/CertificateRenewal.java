package dev.mooring.start.listen;

import dev.mooring.home.Authorities;
import dev.mooring.home.CertificateAuthority;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.operation.Node;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Looks every day, and at each start, whether a certificate has come to two thirds of its life, and renews it: the CAs first,
 * because the others are signed by them.
 */
@ApplicationScoped
class CertificateRenewal {

    private static final Logger LOG = Logger.getLogger(CertificateRenewal.class);
    private static final String API_CA = "api-ca";
    private static final String CLUSTERS_CA = "clusters-ca";

    private final List<RenewableCertificates> kinds;
    private final Authorities authorities;
    private final Node node;
    private final Clock clock;
    private volatile State state = new State(Map.of(), Map.of());

    CertificateRenewal(
            @All List<RenewableCertificates> kinds,
            Authorities authorities,
            Node node,
            Clock clock,
            MeterRegistry registry) {
        this.kinds = kinds;
        this.authorities = authorities;
        this.node = node;
        this.clock = clock;
        Stream.concat(Stream.of(API_CA, CLUSTERS_CA), kinds.stream().map(RenewableCertificates::kind))
                .forEach(kind -> Gauge.builder("mooring.certificates.expiry", () -> secondsLeft(kind))
                        .baseUnit("seconds")
                        .description("Until the first certificate of the kind ends; NaN where there is none")
                        .tag("kind", kind)
                        .register(registry));
    }

    private double secondsLeft(String kind) {
        Instant end = state.ends().get(kind);
        return end == null ? Double.NaN : Duration.between(clock.instant(), end).toSeconds();
    }

    /**
     * What the last look has found.
     *
     * @param ends when the first certificate of each kind ends
     * @param failures why those of a kind could not be renewed
     */
    record State(Map<String, Instant> ends, Map<String, String> failures) {}

    State state() {
        return state;
    }

    /** Behind the clusters, which are found again before; nobody waits for it. */
    void start(@Observes @Priority(700) StartupEvent event) {
        Thread.ofVirtual().name("certificates").start(this::check);
    }

    @Scheduled(every = "24h", delayed = "24h")
    @RunOnVirtualThread
    void daily() {
        check();
    }

    synchronized void check() {
        Map<String, Instant> ends = new TreeMap<>();
        Map<String, String> failures = new LinkedHashMap<>();
        if (Listening.configured().https()) {
            look(API_CA, failures, () -> ends.put(API_CA, keptUp(authorities.api())));
        }
        if (node.worker()) {
            look(CLUSTERS_CA, failures, () -> ends.put(CLUSTERS_CA, keptUp(authorities.clusters())));
        }
        for (RenewableCertificates kind : kinds) {
            look(kind.kind(), failures, () -> kind.renew(clock.instant()));
            look(kind.kind(), failures, () -> kind.firstEnd().ifPresent(end -> ends.put(kind.kind(), end)));
        }
        state = new State(ends, failures);
    }

    private static Instant keptUp(CertificateAuthority authority) throws IOException, GeneralSecurityException {
        authority.keepUp();
        return authority.expires();
    }

    @FunctionalInterface
    private interface Look {
        void run() throws IOException, GeneralSecurityException, InterruptedException;
    }

    /** One kind that cannot be renewed is no reason to leave the others. */
    private static void look(String kind, Map<String, String> failures, Look look) {
        try {
            look.run();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.errorf(e, "certificates (%s) cannot be renewed; the next try is tomorrow or at the next start", kind);
            failures.put(kind, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
