package dev.mooring.database.metrics;

import dev.mooring.dataplane.DataPlanes;
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
    private final DataPlanes planes;
    private final ServerCertificate file;
    private volatile Runnable renewed = () -> {};
    private volatile PemKeyCertOptions shown;

    MetricsCertificate(Authorities authorities, Node node, DataPlanes planes, MooringHome home) {
        this.authorities = authorities;
        this.node = node;
        this.planes = planes;
        this.file = new ServerCertificate(home.tls().resolve("metrics.pem"));
    }

    void onRenewal(Runnable listener) {
        renewed = listener;
    }

    /** What is shown now; {@link #renew} has to have been called once. */
    PemKeyCertOptions keyAndCertificate() {
        return shown;
    }

    @Override
    public String kind() {
        return "metrics";
    }

    @Override
    public synchronized void renew(Instant now) throws IOException, GeneralSecurityException {
        if (!node.worker()) {
            return;
        }
        List<String> names = names();
        boolean fits = authorities.clusters().fits(file, names, now);
        if (!fits) {
            MooringHome.write(file.file(), authorities.clusters().issue(names), "rw-------");
        }
        if (!fits || shown == null) {
            // By value: whoever is given it again sees that it is another one.
            Buffer pem = Buffer.buffer(Files.readAllBytes(file.file()));
            shown = new PemKeyCertOptions().addCertValue(pem).addKeyValue(pem);
            renewed.run();
        }
    }

    @Override
    public Optional<Instant> firstEnd() throws IOException, GeneralSecurityException {
        return node.worker() ? Optional.of(file.read().getNotAfter().toInstant()) : Optional.empty();
    }

    private List<String> names() {
        Set<String> names = new LinkedHashSet<>(planes.hosts());
        names.addAll(List.of("localhost", "127.0.0.1"));
        return List.copyOf(names);
    }
}
