package dev.mooring.home;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Mooring's own CA (P-256). Its key lies sealed in {@code tls/ca.key.sealed}, its certificate in {@code tls/ca.crt}. */
public final class CertificateAuthority {

    private static final Duration CA_LIFE = Duration.ofDays(3650);
    private static final Duration LEAF_LIFE = Duration.ofDays(825);
    /** Clocks of clients may be a little behind. */
    private static final Duration SKEW = Duration.ofHours(1);

    private static final String SIGNATURE = "SHA256withECDSA";

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final String pem;

    private CertificateAuthority(X509Certificate certificate, PrivateKey key, String pem) {
        this.certificate = certificate;
        this.key = key;
        this.pem = pem;
    }

    /** Reads the CA of the folder, or makes one. */
    public static CertificateAuthority open(MooringHome home, Vault vault)
            throws IOException, GeneralSecurityException {
        Path certificateFile = home.tls().resolve("ca.crt");
        Path keyFile = home.tls().resolve("ca.key.sealed");
        if (Files.notExists(certificateFile) || Files.notExists(keyFile)) {
            KeyPair pair = newKey();
            X509Certificate made = selfSigned(pair);
            MooringHome.write(keyFile, vault.seal(privatePem(pair.getPrivate())), "rw-------");
            MooringHome.write(certificateFile, pem(made), "rw-r--r--");
        }
        String certificatePem = Files.readString(certificateFile);
        return new CertificateAuthority(
                readCertificate(certificatePem), readKey(vault.unseal(Files.readString(keyFile))), certificatePem);
    }

    public String pem() {
        return pem;
    }

    /** A server certificate for these host names and addresses, the first of them its common name. */
    public Issued issue(Collection<String> hosts) throws GeneralSecurityException, IOException {
        KeyPair pair = newKey();
        Instant now = Instant.now();
        String commonName = hosts.iterator().next();
        var builder = new JcaX509v3CertificateBuilder(
                certificate.getSubjectX500Principal(),
                serial(),
                Date.from(now.minus(SKEW)),
                Date.from(now.plus(LEAF_LIFE)),
                new X500Principal("CN=" + (commonName.length() > 64 ? "mooring" : commonName)),
                pair.getPublic());
        GeneralName[] names = hosts.stream()
                .map(host -> new GeneralName(isAddress(host) ? GeneralName.iPAddress : GeneralName.dNSName, host))
                .toArray(GeneralName[]::new);
        var utils = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        builder.addExtension(Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(certificate));
        X509Certificate leaf = sign(builder, key);
        return new Issued(pem(leaf) + pem, privatePem(pair.getPrivate()));
    }

    private static X509Certificate selfSigned(KeyPair pair) throws GeneralSecurityException, IOException {
        Instant now = Instant.now();
        X500Principal name = new X500Principal("O=Mooring, CN=Mooring CA " + RandomText.hex(4));
        var builder = new JcaX509v3CertificateBuilder(
                name, serial(), Date.from(now.minus(SKEW)), Date.from(now.plus(CA_LIFE)), name, pair.getPublic());
        var utils = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(Extension.subjectKeyIdentifier, false, utils.createSubjectKeyIdentifier(pair.getPublic()));
        return sign(builder, pair.getPrivate());
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey signer)
            throws GeneralSecurityException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(signer)));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
    }

    private static KeyPair newKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static BigInteger serial() {
        return new BigInteger(127, new SecureRandom()).setBit(126);
    }

    private static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    }

    private static String pem(X509Certificate certificate) throws IOException {
        return writePem(certificate);
    }

    private static String privatePem(PrivateKey key) throws IOException {
        return writePem(new JcaPKCS8Generator(key, null));
    }

    private static String writePem(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    private static X509Certificate readCertificate(String pem) throws IOException, GeneralSecurityException {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            return new JcaX509CertificateConverter().getCertificate((X509CertificateHolder) parser.readObject());
        }
    }

    private static PrivateKey readKey(String pem) throws IOException {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            return new JcaPEMKeyConverter()
                    .getPrivateKey((org.bouncycastle.asn1.pkcs.PrivateKeyInfo) parser.readObject());
        }
    }

    /**
     * A certificate with its chain and the key, both PEM.
     */
    public record Issued(String certificate, String key) {}
}
