package dev.mooring.dataplane.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.process.postgres.Postmaster;
import dev.mooring.support.Api;
import dev.mooring.support.Certificates;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ClusterCertificatesTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    @Inject
    LocalClusters clusters;

    @Inject
    ClusterCertificates certificates;

    /** As an earlier version of Mooring has left it, and somebody may have fetched the key meanwhile. */
    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void aKeyInTheDataDirectoryIsReplacedByOneElsewhereWhileTheServerRuns(String major) throws Exception {
        Api.TestCluster cluster = Api.cluster(major);
        ClusterFolder folder = clusters.folder(UUID.fromString(cluster.id()));
        Postmaster postmaster = clusters.postmaster(folder, folder.manifest().orElseThrow());
        String pem = Files.readString(folder.certificate().file());
        int key = pem.indexOf("-----BEGIN PRIVATE KEY");
        clusters.writeData(folder, "server.crt", pem.substring(0, key));
        clusters.writeData(folder, "server.key", pem.substring(key));
        Path settings = folder.data().resolve("postgresql.conf");
        String now = Files.readString(settings);
        String before = now.replaceAll("ssl_cert_file = .*", "ssl_cert_file = 'server.crt'")
                .replaceAll("ssl_key_file = .*", "ssl_key_file = 'server.key'");
        clusters.writeData(folder, "postgresql.conf", before);
        Files.writeString(folder.root().resolve("before.server.key"), pem.substring(key));
        Files.delete(folder.certificate().file());
        postmaster.reload();
        Awaitility.await("the layout of before")
                .atMost(SOON)
                .until(() -> "server.key"
                        .equals(cluster.query("select setting from pg_settings where name = 'ssl_key_file'")));
        X509Certificate exposed = Certificates.ofServer(cluster.host(), cluster.port());
        String started = cluster.query("select pg_postmaster_start_time()");

        certificates.adopt(folder, postmaster);

        Awaitility.await("another key")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(Certificates.ofServer(cluster.host(), cluster.port())
                                .getPublicKey())
                        .isNotEqualTo(exposed.getPublicKey()));
        assertThat(Certificates.names(cluster.host(), cluster.port())).contains("localhost");
        assertThat(cluster.query("select pg_postmaster_start_time()")).isEqualTo(started);
        assertThat(Files.readString(settings)).isEqualTo(now);
        assertThat(folder.data().resolve("server.key")).doesNotExist();
        assertThat(folder.data().resolve("server.crt")).doesNotExist();
        assertThat(folder.root().resolve("before.server.key")).doesNotExist();
        cluster.delete();
    }
}
