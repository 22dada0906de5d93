package dev.mooring.start.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.home.MooringHome;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreflightTest {

    @TempDir
    Path folder;

    private final Map<String, String> settings = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();
    private final Preflight preflight = new Preflight(settings::get, warnings::add);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mooring.archive.grace                 | 7days            | MOORING_ARCHIVE_GRACE=7days must be a duration
            mooring.operations.lease              | 0s               | MOORING_OPERATIONS_LEASE=0s must be a duration
            mooring.apps.runtime                  | docker           | MOORING_APPS_RUNTIME=docker must be none, local or kubernetes
            mooring.role                          | boss             | MOORING_ROLE=boss must be all, api, worker or migrate
            mooring.rate-limit.hourly             | many             | MOORING_RATE_LIMIT_HOURLY=many must be a whole number, 1 or more
            mooring.operations.slots              | 0                | MOORING_OPERATIONS_SLOTS=0 must be a whole number, 1 or more
            mooring.local.ports                   | abc              | MOORING_LOCAL_PORTS=abc must be the first and the last port
            mooring.local.ports                   | 26000-25000      | MOORING_LOCAL_PORTS=26000-25000 must be the first and the last port
            mooring.regions                       | !!,              | MOORING_REGIONS=!!, must hold slugs, joined by commas: !! must be a slug
            mooring.regions                       | ,                | must hold at least one slug
            mooring.engines                       | /nonexistent     | MOORING_ENGINES=/nonexistent must be a folder that is there
            mooring.postgres.installations        | /tmp:/nowhere    | must hold folders that are there
            mooring.kafka.java                    | /tmp             | must be the folder of a Java 21 or newer
            mooring.outbound.allow                | file,ftp:        | ftp: is none of these
            mooring.outbound.allow                | 999.0.0.0/8      | MOORING_OUTBOUND_ALLOW
            mooring.trusted.proxies               | 10.0.0.0/33      | 10.0.0.0/33 must be an address, or a network
            mooring.apps.networks                 | here             | here must be an address, or a network
            mooring.apps.memory                   | much             | MOORING_APPS_MEMORY=much must be a size
            mooring.apps.uids                     | 0-100            | from 1000 up
            mooring.bind                          | no.such.invalid  | must be an address of this machine
            mooring.local.hostname                | a b              | must be a host name or an address
            mooring.archive.s3.endpoint           | storage:9000     | must be a URL
            mooring.https                         | yes              | MOORING_HTTPS=yes must be true or false
            quarkus.http.port                     | 80800            | QUARKUS_HTTP_PORT=80800 must be a whole number, 0 to 65535
            """)
    void aWrongSettingIsNamedWithWhatItHasToBe(String property, String value, String told) {
        settings.put(property, value);
        assertThatThrownBy(() -> preflight.checkSettings(Set.of())).hasMessageContaining(told);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mooring.archive.grace       | 7D
            mooring.archive.grace       | P7D
            mooring.operations.backoff  | 500ms
            mooring.apps.runtime        | LOCAL
            mooring.apps.memory         | 2G
            mooring.local.ports         | 30000 - 30010
            mooring.regions             | nyc1, fra1
            mooring.trusted.proxies     | 10.0.0.0/8,fd00::/8,127.0.0.1
            mooring.outbound.allow      | file,127.0.0.0/8,::1,git.example.com
            mooring.archive.s3.endpoint | http://127.0.0.1:9000
            quarkus.http.port           | 0
            """)
    void aRightOneIsTaken(String property, String value) {
        settings.put(property, value);
        assertThatCode(() -> preflight.checkSettings(Set.of())).doesNotThrowAnyException();
    }

    @Test
    void appsAndClustersShareNoPortWhereBothRun() {
        settings.put("mooring.local.ports", "27900-28000");
        assertThatCode(() -> preflight.checkSettings(Set.of())).doesNotThrowAnyException();
        settings.put("mooring.apps.runtime", "local");
        assertThatThrownBy(() -> preflight.checkSettings(Set.of()))
                .hasMessage(
                        "MOORING_LOCAL_PORTS=27900-28000 must have no port in common with MOORING_APPS_PORTS=27000-27999");
    }

    @Test
    void allThatIsWrongIsToldAtOnceAndNoSecretWithIt() {
        settings.put("mooring.archive.grace", "7days");
        settings.put("mooring.apps.runtime", "docker");
        settings.put("mooring.encryption.key", "hunter2");
        assertThatThrownBy(() -> preflight.checkSettings(Set.of()))
                .hasMessageContainingAll(
                        "3 settings are wrong",
                        "MOORING_ARCHIVE_GRACE=7days",
                        "MOORING_APPS_RUNTIME=docker",
                        "MOORING_ENCRYPTION_KEY must be base64 of 32 bytes")
                .hasMessageNotContaining("hunter2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {kind: Config, users: [{name: hunter2}]}       | what begins with { is read as JSON, and it is none, at line 1, column 2
            kind: [Config, hunter2                         | it is no YAML of that kind
            hunter2                                        | it is no YAML of that kind
            kind: Config                                   | it names no cluster (clusters)
            {"kind": "Config", "clusters": "hunter2"}      | what begins with { is read as JSON, and it is none
            """)
    void aKubeconfigThatCannotBeReadIsToldBeforeAnythingWaitsForIt(String content, String told) throws IOException {
        Path file = Files.writeString(folder.resolve("kubeconfig"), content);
        settings.put("kubeconfig", file.toString());
        assertThatCode(() -> preflight.checkSettings(Set.of()))
                .as("a Mooring without Kubernetes does not read it")
                .doesNotThrowAnyException();
        settings.put("mooring.dataplane", "kubernetes");
        assertThatThrownBy(() -> preflight.checkSettings(Set.of()))
                .hasMessageContaining("KUBECONFIG=" + file + " must be a kubeconfig: " + told)
                .hasMessageNotContaining("hunter2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            current-context: other                                      | its current-context other is none of its contexts (one)
            contexts: [{name: one, context: {cluster: c, user: u}}]     | its current-context names the cluster c, which it has not
            contexts: [{name: one, context: {cluster: one, user: u}}]   | its current-context names the user u, which it has not
            users: [{name: one, user: {client-certificate: gone.pem}}]  | client-certificate names FOLDER/gone.pem, which is not there
            users: [{name: one, user: {client-key: /gone/key.pem}}]     | client-key names /gone/key.pem, which is not there
            users: [{name: one, user: {tokenFile: gone}}]               | tokenFile names FOLDER/gone, which is not there
            clusters: [{name: one, cluster: {certificate-authority: ca.pem}}] | certificate-authority names FOLDER/ca.pem, which is not there
            users: [{name: one, user: {exec: {command: mooring-none}}}] | exec of its user names the program mooring-none, which is not installed on the PATH
            users: [{name: one, user: {exec: {command: ./login}}}]      | exec of its user names the program ./login, which is not installed
            """)
    void whatAKubeconfigRefersToIsThere(String wrong, String told) throws IOException {
        Map<String, String> members = new LinkedHashMap<>(Map.of(
                "current-context", "one",
                "contexts", "[{name: one, context: {cluster: one, user: one}}]",
                "clusters",
                        "[{name: one, cluster: {server: 'https://127.0.0.1:6443', certificate-authority: there.pem}}]",
                "users", "[{name: one, user: {client-certificate: there.pem, exec: {command: sh, args: [hunter2]}}}]"));
        Files.writeString(folder.resolve("there.pem"), "any");
        settings.put("mooring.dataplane", "kubernetes");
        settings.put("kubeconfig", kubeconfig(members).toString());
        assertThatCode(() -> new Preflight(settings::get, warnings::add).checkSettings(Set.of()))
                .doesNotThrowAnyException();
        members.put(wrong.substring(0, wrong.indexOf(':')), wrong.substring(wrong.indexOf(':') + 1));
        kubeconfig(members);
        assertThatThrownBy(() -> preflight.checkSettings(Set.of()))
                .hasMessageContaining("KUBECONFIG=" + folder.resolve("kubeconfig") + " must be a kubeconfig: "
                        + told.replace("FOLDER", folder.toString()))
                .hasMessageNotContaining("hunter2");
    }

    private Path kubeconfig(Map<String, String> members) throws IOException {
        StringBuilder yaml = new StringBuilder();
        members.forEach((name, value) -> yaml.append(name + ": " + value + "\n"));
        return Files.writeString(folder.resolve("kubeconfig"), yaml);
    }

    @Test
    void aKubeconfigThatIsSetToNothingIsTold() {
        settings.put("mooring.dataplane", "kubernetes");
        assertThatThrownBy(() -> preflight.checkSettings(Set.of("KUBECONFIG")))
                .hasMessage("KUBECONFIG must name a kubeconfig, or not be set: it is empty");
    }

    @Test
    void appsOnKubernetesHaveTheirDatabasesThere() throws IOException {
        settings.put(
                "kubeconfig", kubeconfig(Map.of("clusters", "[{name: one}]")).toString());
        settings.put("mooring.apps.runtime", "kubernetes");
        assertThatThrownBy(() -> preflight.checkSettings(Set.of()))
                .hasMessage(
                        "MOORING_APPS_RUNTIME=kubernetes must be none or local without MOORING_DATAPLANE=kubernetes");
        assertThat(warnings).singleElement().asString().startsWith("MOORING_APPS_NETWORKS is not set");
        settings.put("mooring.dataplane", "kubernetes");
        settings.put("mooring.kubernetes.apps-namespace", "shops");
        assertThatThrownBy(() -> new Preflight(settings::get, warnings::add).checkSettings(Set.of()))
                .hasMessageContaining("MOORING_KUBERNETES_APPS_NAMESPACE=shops needs MOORING_APPS_NETWORKS");
        settings.put("mooring.apps.networks", "10.244.0.0/16");
        assertThatCode(() -> new Preflight(settings::get, warnings::add).checkSettings(Set.of()))
                .doesNotThrowAnyException();
    }

    @Test
    void aKubeconfigIsJsonOrYamlAndOneOfItsFilesIsThere() throws IOException {
        settings.put("mooring.dataplane", "kubernetes");
        String missing = folder.resolve("missing").toString();
        settings.put("kubeconfig", missing);
        assertThatThrownBy(() -> preflight.checkSettings(Set.of()))
                .hasMessageContaining("KUBECONFIG=" + missing + " must be a kubeconfig that is there");
        for (String content : List.of(
                "{\"clusters\": [{\"name\": \"one\", \"cluster\": {\"server\": \"https://127.0.0.1:6443\"}}]}",
                "clusters: [{name: one, cluster: {server: 'https://127.0.0.1:6443'}}]")) {
            Path file = Files.writeString(folder.resolve("kubeconfig"), content);
            settings.put("kubeconfig", missing + File.pathSeparator + file);
            assertThatCode(() -> new Preflight(settings::get, warnings::add).checkSettings(Set.of()))
                    .as(content)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void aMisspeltOneIsToldAndStandsInNobodysWay() {
        preflight.checkSettings(Set.of("MOORING_ARCHIV_GRACE", "MOORING_ARCHIVE_GRACE", "MOORING_URL", "HOME"));
        assertThat(warnings).singleElement().asString().startsWith("MOORING_ARCHIV_GRACE is no setting");
    }

    @Test
    void aTakenPortIsNamedWithItsHolder() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket other = new ServerSocket(0, 1, loopback)) {
            String holder = Files.exists(Path.of("/proc/net/tcp"))
                    ? "is taken by java, pid " + ProcessHandle.current().pid()
                    : "cannot be listened on";
            assertThatThrownBy(() -> preflight.checkMachine(
                            new MooringHome(folder.resolve("home")),
                            true,
                            loopback,
                            Map.of("quarkus.http.port", other.getLocalPort(), "quarkus.http.ssl-port", 0)))
                    .hasMessageContaining("QUARKUS_HTTP_PORT=" + other.getLocalPort() + " " + holder);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void bothPortsAsOneAndAFolderInsideOfAFileAreToldTogether() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> preflight.checkMachine(
                        new MooringHome(file.resolve("home")),
                        true,
                        InetAddress.getLoopbackAddress(),
                        Map.of("quarkus.http.port", 1, "quarkus.http.ssl-port", 1)))
                .hasMessageContainingAll(
                        "QUARKUS_HTTP_PORT and QUARKUS_HTTP_SSL_PORT are the same port",
                        "MOORING_HOME=" + file.resolve("home") + " cannot be made or written: " + file);
    }

    /** Nobody listens on the port of a socket that was closed; the storage of a later start may come back any moment. */
    @Test
    void aStorageThatIsAwayStopsTheFirstStartAlone() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        String endpoint;
        try (ServerSocket gone = new ServerSocket(0, 1, loopback)) {
            endpoint = "http://127.0.0.1:" + gone.getLocalPort();
        }
        settings.put("mooring.archive.s3.bucket", "archive");
        settings.put("mooring.archive.s3.endpoint", endpoint);
        MooringHome home = new MooringHome(folder.resolve("home"));
        assertThatThrownBy(() -> preflight.checkMachine(home, true, loopback, Map.of()))
                .hasMessageContaining("MOORING_ARCHIVE_S3_ENDPOINT=" + endpoint + " does not answer");

        home.create();
        new Preflight(settings::get, warnings::add).checkMachine(home, true, loopback, Map.of());
        assertThat(warnings).singleElement().asString().contains(endpoint, "backups wait for it");
    }

    @Test
    void everySettingThatIsDocumentedHasARule() throws IOException {
        List<String> documented = Pattern.compile("`(MOORING_[A-Z0-9_]+)` \\|")
                .matcher(Files.readString(Path.of("docs/settings.md")))
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(SettingRules.all().keySet().stream().map(Preflight::variable).toList())
                .containsAll(documented);
    }
}
