package dev.mooring.start.listen;

import dev.mooring.home.Authorities;
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
import java.util.Optional;
import java.util.TreeMap;
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
    private final Map<String, End> ends = new LinkedHashMap<>();
    /** Why those of a kind could not be renewed at the last look. */
    private volatile Map<String, String> failures = Map.of();

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
        ends.put(
                API_CA,
                () -> Listening.configured().https()
                        ? Optional.of(authorities.api().expires())
                        : Optional.empty());
        ends.put(
                CLUSTERS_CA,
                () -> node.worker() ? Optional.of(authorities.clusters().expires()) : Optional.empty());
        kinds.forEach(kind -> ends.put(kind.kind(), kind::firstEnd));
        ends.forEach((kind, end) -> Gauge.builder("mooring.certificates.expiry", () -> secondsLeft(end))
                .baseUnit("seconds")
                .description("Until the first certificate of the kind ends; NaN where there is none")
                .tag("kind", kind)
                .register(registry));
    }

    @FunctionalInterface
    private interface End {
        Optional<Instant> read() throws IOException, GeneralSecurityException;
    }

    private double secondsLeft(End end) {
        try {
            return end.read()
                    .map(first ->
                            (double) Duration.between(clock.instant(), first).toSeconds())
                    .orElse(Double.NaN);
        } catch (IOException | GeneralSecurityException e) {
            LOG.debugf("the end of a certificate is not told: %s", e.getMessage());
            return Double.NaN;
        }
    }

    /**
     * @param ends when the first certificate of each kind ends
     * @param failures why those of a kind could not be renewed at the last look, or cannot be read now
     */
    record State(Map<String, Instant> ends, Map<String, String> failures) {}

    /** The ends are read when they are asked for: clusters come and go between two looks. Blocks for as long as that takes. */
    State state() {
        Map<String, Instant> read = new TreeMap<>();
        Map<String, String> wrong = new LinkedHashMap<>(failures);
        ends.forEach((kind, end) -> {
            try {
                end.read().ifPresent(first -> read.put(kind, first));
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                wrong.putIfAbsent(kind, String.valueOf(e.getMessage()));
            }
        });
        return new State(read, wrong);
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
        Map<String, String> found = new LinkedHashMap<>();
        if (Listening.configured().https()) {
            look(API_CA, found, () -> authorities.api().keepUp());
        }
        if (node.worker()) {
            look(CLUSTERS_CA, found, () -> authorities.clusters().keepUp());
        }
        for (RenewableCertificates kind : kinds) {
            look(kind.kind(), found, () -> kind.renew(clock.instant()));
        }
        failures = found;
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
