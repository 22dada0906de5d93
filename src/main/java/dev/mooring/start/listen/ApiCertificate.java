package dev.mooring.start.listen;

import dev.mooring.home.Authorities;
import dev.mooring.home.CertificateAuthority;
import dev.mooring.home.CertificateNames;
import dev.mooring.home.MooringHome;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.home.ServerCertificate;
import dev.mooring.start.preflight.EarlySettings;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The certificate that the API shows. It is there before the application starts, and replaced while it runs. */
@ApplicationScoped
public class ApiCertificate implements RenewableCertificates {

    /** Of the TLS settings, in the framework's configuration. */
    private static final String NAME = "api";

    private final MooringHome home;
    private final Authorities authorities;
    private final TlsConfigurationRegistry tls;
    private final Event<CertificateUpdatedEvent> updated;
    /** Whether there is a new one that is not shown yet. */
    private volatile boolean waiting;

    ApiCertificate(
            MooringHome home,
            Authorities authorities,
            TlsConfigurationRegistry tls,
            Event<CertificateUpdatedEvent> updated) {
        this.home = home;
        this.authorities = authorities;
        this.tls = tls;
        this.updated = updated;
    }

    /** Makes it when there is none, or none that fits, and tells the framework where it is. */
    public static void prepare(MooringHome home, CertificateAuthority authority, Instant now)
            throws IOException, GeneralSecurityException {
        ServerCertificate certificate = file(home);
        List<String> hosts = hosts();
        if (!authority.fits(certificate, hosts, now)) {
            MooringHome.write(certificate.file(), authority.issue(hosts), "rw-------");
        }
        for (String former : new String[] {"server.crt", "server.key", "server.names"}) {
            Files.deleteIfExists(home.tls().resolve(former));
        }
        String file = certificate.file().toString();
        System.setProperty("quarkus.tls." + NAME + ".key-store.pem.server.cert", file);
        System.setProperty("quarkus.tls." + NAME + ".key-store.pem.server.key", file);
        System.setProperty("quarkus.http.tls-configuration-name", NAME);
    }

    private static ServerCertificate file(MooringHome home) {
        return new ServerCertificate(home.tls().resolve("api.pem"));
    }

    private static List<String> hosts() {
        Set<String> hosts = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
        String hostname = EarlySettings.get("mooring.local.hostname");
        if (hostname != null) {
            hosts.add(hostname);
        }
        try {
            String machine = InetAddress.getLocalHost().getHostName();
            if (CertificateNames.fits(machine)) {
                hosts.add(machine);
            }
        } catch (UnknownHostException e) {
            // A machine without a name of its own is reached as localhost.
        }
        return List.copyOf(hosts);
    }

    @Override
    public String kind() {
        return NAME;
    }

    @Override
    public void renew(Instant now) throws IOException, GeneralSecurityException {
        ServerCertificate certificate = file(home);
        if (Listening.configured().https() && authorities.api().due(certificate, now)) {
            MooringHome.write(certificate.file(), authorities.api().issue(certificate.names()), "rw-------");
            waiting = true;
        }
        if (!waiting) {
            return;
        }
        TlsConfiguration configuration = tls.get(NAME).orElseThrow();
        if (!configuration.reload()) {
            throw new IOException("the API's new certificate in " + certificate.file() + " is not taken");
        }
        updated.fire(new CertificateUpdatedEvent(NAME, configuration));
        waiting = false;
    }

    @Override
    public Optional<Instant> firstEnd() throws IOException, GeneralSecurityException {
        return Listening.configured().https()
                ? Optional.of(file(home).read().getNotAfter().toInstant())
                : Optional.empty();
    }
}
