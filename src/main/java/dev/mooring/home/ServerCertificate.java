package dev.mooring.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * A server's certificate, the CA's that signed it, and its private key, all PEM in one file: what belongs together is replaced
 * together, by one rename.
 */
public record ServerCertificate(Path file) {

    public boolean exists() {
        return Files.exists(file);
    }

    public X509Certificate read() throws IOException, GeneralSecurityException {
        return Pem.certificate(Files.readString(file));
    }

    /** Host names and addresses that it is for, in its order. */
    public List<String> names() throws IOException, GeneralSecurityException {
        return names(read());
    }

    /** Those of the certificate in a PEM text. */
    public static List<String> names(String pem) throws IOException, GeneralSecurityException {
        return names(Pem.certificate(pem));
    }

    /** Those of a certificate. */
    public static List<String> names(X509Certificate certificate) throws GeneralSecurityException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return names == null
                ? List.of()
                : names.stream().map(name -> String.valueOf(name.get(1))).toList();
    }

    /** When two thirds of the certificate's life are over. */
    static Instant renewal(X509Certificate certificate) {
        Instant begin = certificate.getNotBefore().toInstant();
        Duration life = Duration.between(begin, certificate.getNotAfter().toInstant());
        return begin.plus(life.dividedBy(3).multipliedBy(2));
    }
}
