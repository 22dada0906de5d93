package dev.mooring.home;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One of Mooring's own CAs (P-256). It has generations, each a certificate {@code <n>.crt} and a sealed key
 * {@code <n>.key.sealed} in its folder, none of which is ever changed: what a CA trusts and signs with follows from them and
 * the time. At two thirds of a generation's life the next one is made and told to clients at once; it signs when they have had
 * {@link #NOTICE} to hear of it, and what the one before has signed is valid to its own end.
 */
public final class CertificateAuthority {

    static final Duration LIFE = Duration.ofDays(3650);
    static final Duration LEAF_LIFE = Duration.ofDays(825);
    static final Duration NOTICE = Duration.ofDays(90);
    /** Clocks of clients may be a little behind. */
    private static final Duration SKEW = Duration.ofHours(1);

    private static final String SIGNATURE = "SHA256withECDSA";
    private static final String CERTIFICATE = ".crt";
    private static final String KEY = ".key.sealed";

    private final Path folder;
    private final Path bundleFile;
    private final String title;
    private final Vault vault;
    private final Clock clock;
    private @Nullable List<Generation> known;

    /**
     * @param folder of its generations
     * @param bundleFile where the certificates that clients need are kept up to date
     * @param title what its certificates are called, such as {@code Mooring API CA}
     */
    CertificateAuthority(Path folder, Path bundleFile, String title, Vault vault, Clock clock) {
        this.folder = folder;
        this.bundleFile = bundleFile;
        this.title = title;
        this.vault = vault;
        this.clock = clock;
    }

    private record Generation(int number, X509Certificate certificate) {
        Instant end() {
            return certificate.getNotAfter().toInstant();
        }
    }

    /** PEM of every certificate that clients have to trust, the one that signs first. */
    public synchronized String bundle() throws IOException, GeneralSecurityException {
        StringBuilder bundle = new StringBuilder();
        Generation signer = signer();
        bundle.append(Pem.of(signer.certificate()));
        for (Generation other : living()) {
            if (other.number() != signer.number()) {
                bundle.append(Pem.of(other.certificate()));
            }
        }
        return bundle.toString();
    }

    /** When the certificate ends that signs now. */
    public synchronized Instant expires() throws IOException, GeneralSecurityException {
        return signer().end();
    }

    /**
     * Whether a certificate has to be replaced: two thirds of its life are over, it is not valid yet because it was made by a
     * clock that was wrong, or no generation that lives has signed it.
     */
    public synchronized boolean due(ServerCertificate file, Instant now) throws IOException, GeneralSecurityException {
        X509Certificate certificate = file.read();
        if (now.isBefore(certificate.getNotBefore().toInstant())
                || !now.isBefore(ServerCertificate.renewal(certificate))) {
            return true;
        }
        for (Generation generation : living()) {
            if (hasSigned(generation.certificate(), certificate)) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasSigned(X509Certificate authority, X509Certificate certificate)
            throws GeneralSecurityException {
        try {
            certificate.verify(authority.getPublicKey());
            return true;
        } catch (SignatureException | InvalidKeyException e) {
            return false;
        }
    }

    /**
     * Whether there is a certificate that serves these names for a while yet. One that cannot be read, as after a loss of
     * power, does not.
     */
    public boolean fits(ServerCertificate file, List<String> names, Instant now) {
        try {
            return file.exists()
                    && file.names()
                            .equals(names.stream().map(CertificateNames::shown).toList())
                    && !due(file, now);
        } catch (IOException | GeneralSecurityException e) {
            return false;
        }
    }

    /**
     * Makes the first generation, or the next when its time has come, and writes the bundle. Nothing is deleted: a clock that
     * is wrong for a moment must not cost a CA.
     */
    public synchronized void keepUp() throws IOException, GeneralSecurityException {
        Instant now = clock.instant();
        List<Generation> all = generations();
        Generation newest = all.isEmpty() ? null : all.getLast();
        if (newest == null || !now.isBefore(ServerCertificate.renewal(newest.certificate()))) {
            make(newest == null ? 1 : newest.number() + 1);
        }
        String bundle = bundle();
        if (Files.notExists(bundleFile) || !Files.readString(bundleFile).equals(bundle)) {
            MooringHome.write(bundleFile, bundle, "rw-r--r--");
        }
    }

    /**
     * A new key and a server certificate for these host names and addresses, the first of them its common name.
     *
     * @return the content of a {@link ServerCertificate}
     * @throws IllegalArgumentException for what is neither a host name nor an address
     */
    public String issue(Collection<String> hosts) throws GeneralSecurityException, IOException {
        return issue(hosts, KeyPurposeId.id_kp_serverAuth);
    }

    /** The same for a server that connects to others of its kind, who know it by its common name. */
    public String issueForPeers(Collection<String> hosts) throws GeneralSecurityException, IOException {
        return issue(hosts, KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth);
    }

    /**
     * A new key and a certificate for a user to log in with.
     *
     * @param user any text: it is the common name and nothing else
     */
    public synchronized ClientCertificate issueForClient(String user) throws GeneralSecurityException, IOException {
        Generation signer = signer();
        KeyPair pair = newKey();
        var builder = leaf(signer, user, pair, KeyPurposeId.id_kp_clientAuth);
        return new ClientCertificate(Pem.of(sign(builder, key(signer))), Pem.of(pair.getPrivate()));
    }

    private synchronized String issue(Collection<String> hosts, KeyPurposeId... purposes)
            throws GeneralSecurityException, IOException {
        Generation signer = signer();
        KeyPair pair = newKey();
        var builder = leaf(signer, hosts.iterator().next(), pair, purposes);
        GeneralName[] names = hosts.stream().map(CertificateNames::general).toArray(GeneralName[]::new);
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        X509Certificate leaf = sign(builder, key(signer));
        return Pem.of(leaf) + Pem.of(signer.certificate()) + Pem.of(pair.getPrivate());
    }

    private JcaX509v3CertificateBuilder leaf(
            Generation signer, String commonName, KeyPair pair, KeyPurposeId... purposes)
            throws GeneralSecurityException, IOException {
        X509Certificate authority = signer.certificate();
        Instant now = clock.instant();
        Instant end = now.plus(LEAF_LIFE);
        var builder = new JcaX509v3CertificateBuilder(
                authority,
                serial(),
                Date.from(now.minus(SKEW)),
                Date.from(end.isAfter(signer.end()) ? signer.end() : end),
                CertificateNames.subject(commonName),
                pair.getPublic());
        var utils = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
        builder.addExtension(Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(authority));
        return builder;
    }

    /** Takes up what another version of Mooring kept elsewhere, as the first generation. */
    void takeUp(Path certificate, Path sealedKey) throws IOException {
        DurableFiles.createFolders(folder, "rwx------");
        MooringHome.write(folder.resolve(1 + KEY), Files.readString(sealedKey), "rw-------");
        MooringHome.write(folder.resolve(1 + CERTIFICATE), Files.readString(certificate), "rw-r--r--");
        known = null;
    }

    /** The newest that clients have had time to hear of; the oldest while there is none. */
    private Generation signer() throws IOException, GeneralSecurityException {
        List<Generation> living = living();
        Instant heardOf = clock.instant().minus(NOTICE);
        return living.reversed().stream()
                .filter(generation ->
                        !generation.certificate().getNotBefore().toInstant().isAfter(heardOf))
                .findFirst()
                .or(() -> living.stream().findFirst())
                .orElseThrow(() -> new IOException("every certificate of the CA in " + folder + " has expired"));
    }

    private List<Generation> living() throws IOException, GeneralSecurityException {
        Instant now = clock.instant();
        return generations().stream()
                .filter(generation -> now.isBefore(generation.end()))
                .toList();
    }

    /** Oldest first. Read once: the home folder is this process's alone. */
    private List<Generation> generations() throws IOException, GeneralSecurityException {
        if (known == null) {
            known = read();
        }
        return known;
    }

    /** The key is written before the certificate, so a certificate always has its key. */
    private List<Generation> read() throws IOException, GeneralSecurityException {
        List<Generation> found = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (var files = Files.newDirectoryStream(folder, "*" + CERTIFICATE)) {
                for (Path file : files) {
                    String name = file.getFileName().toString();
                    found.add(new Generation(
                            Integer.parseInt(name.substring(0, name.length() - CERTIFICATE.length())),
                            Pem.certificate(Files.readString(file))));
                }
            }
        }
        found.sort(Comparator.comparingInt(Generation::number));
        return found;
    }

    private PrivateKey key(Generation generation) throws IOException {
        return Pem.key(vault.unseal(Files.readString(folder.resolve(generation.number() + KEY))));
    }

    private void make(int number) throws IOException, GeneralSecurityException {
        DurableFiles.createFolders(folder, "rwx------");
        KeyPair pair = newKey();
        MooringHome.write(folder.resolve(number + KEY), vault.seal(Pem.of(pair.getPrivate())), "rw-------");
        MooringHome.write(folder.resolve(number + CERTIFICATE), Pem.of(selfSigned(pair)), "rw-r--r--");
        known = null;
    }

    private X509Certificate selfSigned(KeyPair pair) throws GeneralSecurityException, IOException {
        Instant now = clock.instant();
        X500Principal name = new X500Principal("O=Mooring, CN=" + title + " " + RandomText.hex(4));
        var builder = new JcaX509v3CertificateBuilder(
                name, serial(), Date.from(now.minus(SKEW)), Date.from(now.plus(LIFE)), name, pair.getPublic());
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
}
