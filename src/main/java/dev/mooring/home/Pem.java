package dev.mooring.home;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/** Certificates and keys as text (RFC 7468). */
final class Pem {

    private Pem() {}

    static String of(X509Certificate certificate) throws IOException {
        return write(certificate);
    }

    static String of(PrivateKey key) throws IOException {
        return write(new JcaPKCS8Generator(key, null));
    }

    private static String write(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    /**
     * The first certificate of the text.
     *
     * @throws IOException when there is none
     */
    static X509Certificate certificate(String pem) throws IOException, GeneralSecurityException {
        return new JcaX509CertificateConverter().getCertificate(first(pem, X509CertificateHolder.class));
    }

    /**
     * The first private key of the text.
     *
     * @throws IOException when there is none
     */
    static PrivateKey key(String pem) throws IOException {
        return new JcaPEMKeyConverter().getPrivateKey(first(pem, PrivateKeyInfo.class));
    }

    private static <T> T first(String pem, Class<T> type) throws IOException {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
                if (type.isInstance(object)) {
                    return type.cast(object);
                }
            }
        }
        throw new IOException("no " + type.getSimpleName() + " in the PEM text");
    }
}
