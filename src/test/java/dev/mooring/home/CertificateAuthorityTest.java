package dev.mooring.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.GeneratedText;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {

    @TempDir
    Path folder;

    private final MovedClock clock = new MovedClock();
    private final Vault vault = new Vault(new byte[32]);
    private MooringHome home;

    @BeforeEach
    void makeHome() throws Exception {
        home = new MooringHome(folder);
        home.create();
    }

    @Test
    void theApiAndTheClustersHaveNothingInCommon() throws Exception {
        Authorities authorities = new Authorities(home, vault, clock);
        X509Certificate cluster = leaf(authorities.clusters().issue(List.of("localhost")));
        X509Certificate api = leaf(authorities.api().issue(List.of("localhost")));
        X509Certificate apiCa =
                certificates(Files.readString(home.tls().resolve("ca.crt"))).getFirst();
        X509Certificate clustersCa =
                certificates(authorities.clusters().bundle()).getFirst();
        api.verify(apiCa.getPublicKey());
        cluster.verify(clustersCa.getPublicKey());
        assertThatThrownBy(() -> cluster.verify(apiCa.getPublicKey())).isInstanceOf(Exception.class);
        assertThat(cluster.getIssuerX500Principal()).isNotEqualTo(apiCa.getSubjectX500Principal());
        // What it signs cannot sign further.
        assertThat(apiCa.getBasicConstraints()).isZero();
        assertThat(api.getBasicConstraints()).isNegative();
    }

    @Test
    void theOneCaOfBeforeStaysTheClustersAndTheApiGetsAnother() throws Exception {
        CertificateAuthority former = new CertificateAuthority(
                folder.resolve("former"), home.tls().resolve("ca.crt"), "Mooring CA", vault, clock);
        former.keepUp();
        Files.move(folder.resolve("former/1.key.sealed"), home.tls().resolve("ca.key.sealed"));
        String formerCa = Files.readString(home.tls().resolve("ca.crt"));

        Authorities authorities = new Authorities(home, vault, clock);
        String api = authorities.api().bundle();
        assertThat(authorities.clusters().bundle()).isEqualTo(formerCa);
        assertThat(Files.readString(home.tls().resolve("clusters-ca.crt"))).isEqualTo(formerCa);
        assertThat(api).isNotEqualTo(formerCa);
        assertThat(Files.readString(home.tls().resolve("ca.crt"))).isEqualTo(api);
        assertThat(home.tls().resolve("ca.key.sealed")).doesNotExist();
        leaf(authorities.clusters().issue(List.of("localhost")))
                .verify(certificates(formerCa).getFirst().getPublicKey());

        Authorities later = new Authorities(home, vault, clock);
        assertThat(later.clusters().bundle()).isEqualTo(formerCa);
        assertThat(later.api().bundle()).isEqualTo(api);
    }

    @Test
    void aCaIsFollowedByAnotherThatClientsHaveHeardOfInTime() throws Exception {
        CertificateAuthority authority = new Authorities(home, vault, clock).api();
        Path bundle = home.tls().resolve("ca.crt");
        X509Certificate first = certificates(authority.bundle()).getFirst();

        clock.move(CertificateAuthority.LIFE.dividedBy(3).multipliedBy(2).minusDays(1));
        authority.keepUp();
        assertThat(certificates(Files.readString(bundle))).containsExactly(first);

        clock.move(Duration.ofDays(1));
        authority.keepUp();
        List<X509Certificate> both = certificates(Files.readString(bundle));
        assertThat(both).hasSize(2).first().isEqualTo(first);
        X509Certificate second = both.getLast();
        leaf(authority.issue(List.of("localhost"))).verify(first.getPublicKey());

        clock.move(CertificateAuthority.NOTICE);
        authority.keepUp();
        assertThat(certificates(Files.readString(bundle))).containsExactly(second, first);
        X509Certificate fresh = leaf(authority.issue(List.of("localhost")));
        fresh.verify(second.getPublicKey());
        assertThat(fresh.getNotAfter()).isBefore(second.getNotAfter());

        clock.move(CertificateAuthority.LIFE.dividedBy(3));
        authority.keepUp();
        assertThat(certificates(Files.readString(bundle))).containsExactly(second);
        assertThat(authority.expires()).isEqualTo(second.getNotAfter().toInstant());
    }

    @Test
    void aClockThatIsWrongForAMomentCostsNothing() throws Exception {
        CertificateAuthority authority = new Authorities(home, vault, clock).clusters();
        X509Certificate first = certificates(authority.bundle()).getFirst();
        ServerCertificate file = new ServerCertificate(folder.resolve("server.pem"));
        clock.move(CertificateAuthority.LIFE.multipliedBy(2));
        authority.keepUp();
        MooringHome.write(file.file(), authority.issue(List.of("localhost")), "rw-------");
        clock.move(CertificateAuthority.LIFE.multipliedBy(2).negated());
        authority.keepUp();
        assertThat(authority.due(file, clock.instant())).isTrue();
        leaf(authority.issue(List.of("localhost"))).verify(first.getPublicKey());
        assertThat(certificates(authority.bundle()).getFirst()).isEqualTo(first);
    }

    @Test
    void aCaThatHasExpiredMeanwhileIsReplacedAtOnce() throws Exception {
        CertificateAuthority authority = new Authorities(home, vault, clock).clusters();
        X509Certificate first = certificates(authority.bundle()).getFirst();
        clock.move(CertificateAuthority.LIFE.plusDays(1));
        CertificateAuthority later = new Authorities(home, vault, clock).clusters();
        List<X509Certificate> bundle = certificates(later.bundle());
        assertThat(bundle).hasSize(1).doesNotContain(first);
        X509Certificate fresh = leaf(later.issue(List.of("localhost")));
        fresh.verify(bundle.getFirst().getPublicKey());
        fresh.checkValidity(java.util.Date.from(clock.instant()));
    }

    @Test
    void aServersCertificateIsDueAtTwoThirdsOfItsLifeAndEndsBeforeItsCa() throws Exception {
        CertificateAuthority authority = new Authorities(home, vault, clock).clusters();
        ServerCertificate file = new ServerCertificate(folder.resolve("server.pem"));
        MooringHome.write(file.file(), authority.issue(List.of("db.example.com", "192.0.2.1", "::1")), "rw-------");
        assertThat(file.names()).containsExactly("db.example.com", "192.0.2.1", "0:0:0:0:0:0:0:1");
        Duration life = CertificateAuthority.LEAF_LIFE;
        assertThat(authority.due(file, clock.instant())).isFalse();
        assertThat(authority.fits(file, List.of("db.example.com", "192.0.2.1", "::1"), clock.instant()))
                .isTrue();
        assertThat(authority.due(
                        file,
                        clock.instant().plus(life.dividedBy(3).multipliedBy(2)).minus(Duration.ofDays(1))))
                .isFalse();
        assertThat(authority.due(file, clock.instant().plus(life.dividedBy(3).multipliedBy(2))))
                .isTrue();
        Pem.key(Files.readString(file.file()));
        // Another CA in its place, because the key of the one before was lost.
        MooringHome.deleteTree(home.tls().resolve("authorities/clusters"));
        CertificateAuthority other = new Authorities(home, vault, clock).clusters();
        assertThat(other.due(file, clock.instant())).isTrue();
        MooringHome.write(file.file(), "cut short", "rw-------");
        assertThat(other.fits(file, List.of("db.example.com"), clock.instant())).isFalse();
    }

    @Test
    void noTextButANameGetsIntoACertificate() throws Exception {
        CertificateAuthority authority = new Authorities(home, vault, clock).clusters();
        GeneratedText generated = new GeneratedText();
        for (String text : generated.texts(1000)) {
            if (CertificateNames.fits(text)) {
                assertThat(ServerCertificate.names(leaf(authority.issue(List.of(text)))))
                        .as(generated.seed())
                        .hasSize(1);
            } else {
                assertThatThrownBy(() -> authority.issue(List.of("localhost", text)))
                        .as("%s %s", text, generated.seed())
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
        for (String text :
                List.of("*.example.com", "a, O=b", "a\n", "a.", "", "a..b", "x".repeat(64), "a b", "1.2.3.4.", "ü")) {
            assertThat(CertificateNames.fits(text)).as(text).isFalse();
        }
    }

    private static X509Certificate leaf(String pem) throws Exception {
        return Pem.certificate(pem);
    }

    private static List<X509Certificate> certificates(String bundle) throws Exception {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(bundle.getBytes(StandardCharsets.UTF_8)))
                .stream()
                .map(X509Certificate.class::cast)
                .toList();
    }

    private static final class MovedClock extends Clock {
        private Instant now = Instant.now();

        void move(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
