package dev.mooring.database.metrics;

import dev.mooring.dataplane.DataPlanes;
import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.home.ServerCertificate;
import dev.mooring.operation.Node;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.KeyCertOptions;
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
import javax.net.ssl.X509KeyManager;

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
    private final Vertx vertx;

    @SuppressWarnings("NullAway.Init") // renew has to have been called once
    private volatile KeyCertOptions shown;

    MetricsCertificate(Authorities authorities, Node node, DataPlanes planes, MooringHome home, Vertx vertx) {
        this.authorities = authorities;
        this.node = node;
        this.planes = planes;
        this.vertx = vertx;
        this.file = new ServerCertificate(home.tls().resolve("metrics.pem"));
    }

    void onRenewal(Runnable listener) {
        renewed = listener;
    }

    /** What is shown now; {@link #renew} has to have been called once. */
    KeyCertOptions keyAndCertificate() {
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
            shown = read(Buffer.buffer(Files.readAllBytes(file.file())));
            renewed.run();
        }
    }

    /** Once for all listeners: what reads it encrypts the key in memory with 10,000 rounds of a hash, for each listener anew. */
    private KeyCertOptions read(Buffer pem) throws IOException, GeneralSecurityException {
        try {
            return KeyCertOptions.wrap((X509KeyManager) new PemKeyCertOptions()
                    .addCertValue(pem)
                    .addKeyValue(pem)
                    .getKeyManagerFactory(vertx)
                    .getKeyManagers()[0]);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new GeneralSecurityException(e);
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
