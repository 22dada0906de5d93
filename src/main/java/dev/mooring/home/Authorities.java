package dev.mooring.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * Mooring's CAs. The API has one of its own: what the clusters' CA signs, for names that users may choose, never passes for the
 * API, because nobody who talks to the API is told to trust it. Each is made at its first use.
 */
public final class Authorities {

    private final MooringHome home;
    private final Vault vault;
    private final Clock clock;
    private @Nullable CertificateAuthority api;
    private @Nullable CertificateAuthority clusters;
    private @Nullable CertificateAuthority clients;

    public Authorities(MooringHome home, Vault vault, Clock clock) {
        this.home = home;
        this.vault = vault;
        this.clock = clock;
    }

    /** Clients of the API trust what is in {@code tls/ca.crt}. */
    public synchronized CertificateAuthority api() throws IOException, GeneralSecurityException {
        if (api == null) {
            // Until then that file may hold the clusters' CA.
            takeUpFormer();
            api = open("api", "ca.crt", "Mooring API CA");
        }
        return api;
    }

    /** Clients of the clusters trust what {@code /v2/databases/{id}/ca} says, which is in {@code tls/clusters-ca.crt} too. */
    public synchronized CertificateAuthority clusters() throws IOException, GeneralSecurityException {
        if (clusters == null) {
            takeUpFormer();
            clusters = open("clusters", "clusters-ca.crt", "Mooring CA");
        }
        return clusters;
    }

    /**
     * What users of clusters log in with. Nobody trusts all that it has signed: a server knows each certificate by itself, so that one
     * ends with its user. Kept up at each use, because nothing else asks for it.
     */
    public synchronized CertificateAuthority clients() throws IOException, GeneralSecurityException {
        if (clients == null) {
            clients = authority("clients", "clients-ca.crt", "Mooring client CA");
        }
        clients.keepUp();
        return clients;
    }

    /** Of the time of one CA for everything: it is the clusters' now, so that what clients know of them stays true. */
    private void takeUpFormer() throws IOException {
        Path formerKey = home.tls().resolve("ca.key.sealed");
        Path formerCertificate = home.tls().resolve("ca.crt");
        if (Files.exists(formerKey) && Files.exists(formerCertificate)) {
            authority("clusters", "clusters-ca.crt", "Mooring CA").takeUp(formerCertificate, formerKey);
            Files.delete(formerKey);
        }
    }

    private CertificateAuthority open(String name, String bundle, String title)
            throws IOException, GeneralSecurityException {
        CertificateAuthority authority = authority(name, bundle, title);
        authority.keepUp();
        return authority;
    }

    private CertificateAuthority authority(String name, String bundle, String title) {
        return new CertificateAuthority(
                home.tls().resolve("authorities").resolve(name), home.tls().resolve(bundle), title, vault, clock);
    }
}
