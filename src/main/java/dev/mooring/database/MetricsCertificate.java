package dev.mooring.database;

import dev.mooring.dataplane.DataPlane;
import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.home.ServerCertificate;
import dev.mooring.operation.Node;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The certificate that the metrics endpoints of this node's clusters share. It is the clusters' CA that signs it: whoever
 * collects metrics trusts a cluster, and need not trust the API.
 */
@ApplicationScoped
class MetricsCertificate implements RenewableCertificates {

    private final Authorities authorities;
    private final Node node;
    private final DataPlane dataPlane;
    private final Clock clock;
    private final ServerCertificate file;
    private volatile Runnable renewed = () -> {};

    MetricsCertificate(Authorities authorities, Node node, DataPlane dataPlane, MooringHome home, Clock clock) {
        this.authorities = authorities;
        this.node = node;
        this.dataPlane = dataPlane;
        this.clock = clock;
        this.file = new ServerCertificate(home.tls().resolve("metrics.pem"));
    }

    void onRenewal(Runnable listener) {
        renewed = listener;
    }

    /** By value: whoever is given it again sees that it is another one. */
    PemKeyCertOptions keyAndCertificate() {
        try {
            ensure(clock.instant());
            Buffer pem = Buffer.buffer(Files.readAllBytes(file.file()));
            return new PemKeyCertOptions().addCertValue(pem).addKeyValue(pem);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("the certificate of the metrics endpoints cannot be read", e);
        }
    }

    @Override
    public String kind() {
        return "metrics";
    }

    @Override
    public void renew(Instant now) throws IOException, GeneralSecurityException {
        if (node.worker() && ensure(now)) {
            renewed.run();
        }
    }

    @Override
    public Optional<Instant> firstEnd() throws IOException, GeneralSecurityException {
        return node.worker() ? Optional.of(file.read().getNotAfter().toInstant()) : Optional.empty();
    }

    /** Whether there is a new one. */
    private synchronized boolean ensure(Instant now) throws IOException, GeneralSecurityException {
        List<String> names = names();
        if (authorities.clusters().fits(file, names, now)) {
            return false;
        }
        MooringHome.write(file.file(), authorities.clusters().issue(names), "rw-------");
        return true;
    }

    private List<String> names() {
        Set<String> names = new LinkedHashSet<>(List.of(dataPlane.offer().host(), "localhost", "127.0.0.1"));
        return List.copyOf(names);
    }
}
