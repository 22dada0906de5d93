package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Installations;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Certificates;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What whoever has a database, or a token for one, gets into a server's files or out of them. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ServerBoundaryTest {

    private static TestCluster cluster;

    @BeforeEach
    void clusterForAll() {
        if (cluster == null || Api.get(cluster.path("")).statusCode() == 404) {
            cluster = Api.cluster("15");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X0\\\\'\\nfsync=off\\n#",
                "X0'\\nfsync = off\\n#",
                "UTC\\n",
                "UTC\\u0000",
                " UTC",
                "EST5EDT4,M3.2.0,M11.1.0",
                "<+03>-3",
                "Europe/Nowhere",
                "../../etc/passwd",
                "posixrules",
                "$libdir",
                ""
            })
    void aTimeZoneIsTheNameOfOne(String zone) throws Exception {
        Response refused = Api.patch(cluster.path("/config"), "{\"config\":{\"timezone\":\"" + zone + "\"}}");
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.jsonPath().getString("message"))
                .isEqualTo(
                        "invalid input for config 'timezone': must be the name of a time zone, such as Europe/Helsinki");
        assertThat(cluster.query("show fsync")).isEqualTo("on");
    }

    @Test
    void everyTextSettingIsOneOfItsChoices() {
        for (String key : new String[] {
            "log_line_prefix",
            "log_error_verbosity",
            "track_functions",
            "track_io_timing",
            "track_commit_timestamp",
            "default_toast_compression",
            "pg_stat_statements.track"
        }) {
            for (String value : new String[] {"x'\\nfsync = off\\n#", "off\\\\", "%m'\\n", "on\\u0000", "\\\\"}) {
                Response refused =
                        Api.patch(cluster.path("/config"), "{\"config\":{\"" + key + "\":\"" + value + "\"}}");
                assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
                assertThat(refused.jsonPath().getString("message"))
                        .startsWith("invalid input for config '" + key + "': must be one of");
            }
        }
    }

    @Test
    void aZoneThatThereIsIsInForce() throws Exception {
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"timezone\":\"Europe/Helsinki\"}}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(Files.readString(data(cluster).resolve("postgresql.conf")))
                .contains("\nTimeZone = 'Europe/Helsinki'\n");
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "reset timezone");
            assertThat(ZoneId.getAvailableZoneIds().stream().filter(zone -> !zone.startsWith("SystemV/")))
                    .as("zones that are taken are the server's too")
                    .isSubsetOf(Api.query(connection, "select string_agg(name, ' ') from pg_timezone_names")
                            .split(" "));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"14", "15", "18"})
    void aBaseBackupHandsOutNoKey(String major, @TempDir Path folder) throws Exception {
        TestCluster served = major.equals("15") ? cluster : Api.cluster(major);
        Path data = data(served);
        assertThat(keys(data)).isEmpty();
        Optional<Engine> tool = Installations.find().tools().stream()
                .filter(found -> Integer.parseInt(found.major()) >= Integer.parseInt(major))
                .filter(found -> Files.isExecutable(Path.of(found.program("pg_basebackup"))))
                .findFirst();
        if (tool.isPresent()) {
            ProcessBuilder backup = new ProcessBuilder(
                            tool.get().program("pg_basebackup"),
                            "--pgdata=" + folder.resolve("stolen"),
                            "--checkpoint=fast",
                            "--wal-method=none",
                            "--dbname=host=" + served.host() + " port=" + served.port()
                                    + " user=doadmin sslmode=require")
                    .redirectErrorStream(true);
            backup.environment().put("PGPASSWORD", served.password());
            Process process = backup.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            assertThat(folder.resolve("stolen/PG_VERSION")).exists();
            assertThat(keys(folder.resolve("stolen"))).isEmpty();
        }
        if (!major.equals("15")) {
            served.delete();
        }
    }

    private static Path data(TestCluster of) {
        return MooringHome.configured().cluster(UUID.fromString(of.id())).resolve("data");
    }

    /** Files that hold a private key, but for those of tables and WAL. */
    private static List<Path> keys(Path data) throws IOException {
        List<Path> keys = new ArrayList<>();
        try (var files = Files.newDirectoryStream(data, Files::isRegularFile)) {
            for (Path file : files) {
                if (Files.readString(file, StandardCharsets.ISO_8859_1).contains("PRIVATE KEY")) {
                    keys.add(file);
                }
            }
        }
        return keys;
    }

    @Test
    void theKeyBelongsToTheServerAlone() throws Exception {
        Path file = data(cluster).resolveSibling("tls/server.pem");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.getOwner(file))
                .isEqualTo(Files.getOwner(file.getParent().resolveSibling("data")));
        assertThat(Path.of(cluster.query("select setting from pg_settings where name = 'ssl_key_file'")))
                .isEqualTo(file);
    }

    @Test
    void whatTheClustersCaSignsNeverPassesForTheApi() throws Exception {
        String clustersCa = new String(
                Base64.getDecoder()
                        .decode(Api.get(cluster.path("/ca")).jsonPath().getString("ca.certificate")),
                StandardCharsets.UTF_8);
        Certificate server = Certificates.ofServer(cluster.host(), cluster.port());
        server.verify(certificate(clustersCa).getPublicKey());
        Path tls = MooringHome.configured().tls();
        Certificate apiCa = certificate(Files.readString(tls.resolve("ca.crt")));
        assertThatThrownBy(() -> server.verify(apiCa.getPublicKey())).isInstanceOf(SignatureException.class);
        certificate(Files.readString(tls.resolve("api.pem"))).verify(apiCa.getPublicKey());
        int metricsPort = Api.get(cluster.path("")).jsonPath().getInt("database.metrics_endpoints[0].port");
        Certificates.ofEndpoint(cluster.host(), metricsPort)
                .verify(certificate(clustersCa).getPublicKey());
    }

    private static Certificate certificate(String pem) throws Exception {
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aNameThatCouldBeTakenForAnotherServersIsRefusedWithItsRule() {
        Map<String, String> hostile = new LinkedHashMap<>();
        hostile.put("localhost", "reserved");
        hostile.put("db.localhost", "reserved");
        hostile.put("localhost.localdomain", "reserved");
        hostile.put("ip6-localhost", "reserved");
        hostile.put("*.example.com", "wildcards");
        hostile.put("*", "wildcards");
        hostile.put("db.example.com\\n", "ASCII");
        hostile.put("db.example.com\\nfsync = off", "ASCII");
        hostile.put("db.example.com\\u0000", "ASCII");
        hostile.put("db example.com", "ASCII");
        hostile.put("127.0.0.1", "not an address");
        hostile.put("2130706433", "not an address");
        hostile.put("127.1", "not an address");
        hostile.put("0x7f000001", "not an address");
        hostile.put("db.0x1", "not an address");
        hostile.put("::1", "not an address");
        hostile.put("db.example.com.", "end in a dot");
        hostile.put("DB.example.com", "lower case");
        hostile.put("db..example.com", "RFC 1123");
        hostile.put(".example.com", "RFC 1123");
        hostile.put("-db.example.com", "RFC 1123");
        hostile.put("db_1.example.com", "RFC 1123");
        hostile.put("db.example.com,dns.example.com", "RFC 1123");
        hostile.put("x".repeat(64) + ".example.com", "63 characters");
        hostile.put(("x".repeat(60) + ".").repeat(5) + "example.com", "253");
        hostile.put("", "1 to 253");
        hostile.put("xn--exmple-cua.com", "xn--");
        hostile.put("ex\u0430mple.com", "ASCII");
        hostile.put("\u212Aube.example.com", "ASCII");
        hostile.forEach((name, rule) -> {
            String settings = "{\"service_cnames\":[\"" + name + "\"]}";
            Response refused = Api.put(cluster.path("/do_settings"), "{\"do_settings\":" + settings + "}");
            assertThat(refused.statusCode())
                    .as("%s: %s", name, refused.asString())
                    .isEqualTo(422);
            assertThat(refused.jsonPath().getString("message"))
                    .as(name)
                    .startsWith("do_settings.service_cnames: ")
                    .contains(rule);
            Response created = Api.post(
                    "/v2/databases",
                    Api.clusterBody(Api.uniqueName(), "15")
                            .replaceFirst("\\{", "{\"do_settings\":" + settings.replace("\\", "\\\\") + ","));
            assertThat(created.statusCode())
                    .as("%s: %s", name, created.asString())
                    .isEqualTo(422);
            assertThat(created.jsonPath().getString("message")).as(name).contains(rule);
        });
        assertThat(Certificates.names(cluster.host(), cluster.port()))
                .doesNotContainAnyElementsOf(hostile.keySet().stream()
                        .filter(name -> !name.equals("localhost") && !name.equals("127.0.0.1"))
                        .toList());
    }

    @Test
    void aNameBelongsToOneClusterAndNeverToMooring() throws Exception {
        String mine = Api.uniqueName() + ".example.com";
        String body = "{\"do_settings\":{\"service_cnames\":[\"" + mine + "\"]}}";
        assertThat(Api.put(cluster.path("/do_settings"), body).statusCode()).isEqualTo(204);
        // Its own is no conflict.
        assertThat(Api.put(cluster.path("/do_settings"), body).statusCode()).isEqualTo(204);
        Response twice = Api.post(
                "/v2/databases",
                Api.clusterBody(Api.uniqueName(), "15")
                        .replaceFirst("\\{", "{\"do_settings\":{\"service_cnames\":[\"" + mine + "\"]},"));
        assertThat(twice.statusCode()).as(twice.asString()).isEqualTo(422);
        assertThat(twice.jsonPath().getString("message"))
                .isEqualTo("do_settings.service_cnames: " + mine + " is in use by another cluster");
        String machine = InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
        assertThat(Api.put(cluster.path("/do_settings"), body.replace(mine, machine))
                        .statusCode())
                .isEqualTo(422);
        assertThat(Api.put(cluster.path("/do_settings"), "{\"do_settings\":{\"service_cnames\":[]}}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(Certificates.names(cluster.host(), cluster.port())).doesNotContain(mine);
    }

    @Test
    void aTextThatCannotBeStoredIsTheCallersFault() {
        for (String rule : new String[] {
            "{\"type\":\"tag\",\"value\":\"a\\u0000\"}",
            "{\"type\":\"ip_addr\",\"value\":\"192.0.2.1\",\"description\":\"\\u0000\"}"
        }) {
            Response refused = Api.put(cluster.path("/firewall"), "{\"rules\":[" + rule + "]}");
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
            assertThat(refused.jsonPath().getString("message")).contains("NUL");
        }
    }

    @Test
    void aSourceOfDatabasesIsGivenInPrintableText() {
        Response refused = Api.put(cluster.path("/online-migration"), """
                {"source":{"host":"192.0.2.1","port":5432,"dbname":"a\\u0000b","username":"u\\nv","password":"p\\u0000"}}""");
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.jsonPath().getString("message"))
                .contains("source.dbname: must not hold control characters")
                .contains("source.username: must not hold control characters")
                .contains("source.password: must not hold control characters");
    }
}
