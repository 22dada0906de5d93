package dev.mooring.dataplane.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import dev.mooring.support.GeneratedText;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written into a server's files is what the server reads: exactly that, and nothing else changes. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ServerFilesTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final List<String> NETWORKS = List.of("192.0.2.0/24", "198.51.100.7/32", "0.0.0.0/0", "10.0.0.0/8");

    @Inject
    LocalClusters clusters;

    @Inject
    MooringHome home;

    private final GeneratedText generated = new GeneratedText();

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void aServerReadsExactlyWhatWasWritten(String major) throws Exception {
        Engine engine = clusters.engines().engine(major);
        DataTemplate.Ready template = clusters.template().prepare(engine);
        ClusterFolder folder =
                new ClusterFolder(UUID.randomUUID(), home.drills().resolve("files-" + major));
        clusters.makeFolders(folder);
        clusters.copyTemplate(template, folder);
        int port = freePort();
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("listen_addresses", "127.0.0.1");
        parameters.put("port", Integer.toString(port));
        parameters.put("unix_socket_directories", "");
        parameters.put("ssl", "on");
        parameters.putAll(ServerParameters.certificate(folder));
        parameters.put("generated.revision", "before");
        clusters.writeCertificate(folder, List.of("localhost"));
        clusters.writeData(folder, "postgresql.conf", ServerParameters.lines(parameters));
        clusters.writeData(folder, "pg_hba.conf", AccessRules.render(NETWORKS));
        Postmaster postmaster = clusters.postmaster(folder, engine);
        try {
            postmaster.start();
            Map<String, String> before;
            try (Connection connection = open(port, template, postmaster)) {
                before = settings(connection);
                assertThat(sources(connection)).containsExactlyElementsOf(NETWORKS);
            }
            List<String> texts = generated.texts(400);
            for (int i = 0; i < texts.size(); i++) {
                parameters.put("generated.t" + i, texts.get(i));
            }
            parameters.put("generated.revision", "after");
            clusters.writeData(folder, "postgresql.conf", ServerParameters.lines(parameters));
            postmaster.reload();
            Awaitility.await("the new settings")
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> shown("revision", port, template, postmaster), "after"::equals);
            try (Connection connection = open(port, template, postmaster)) {
                for (int i = 0; i < texts.size(); i++) {
                    assertThat(shown("t" + i, connection)).as(generated.seed()).isEqualTo(texts.get(i));
                }
                Map<String, String> after = settings(connection);
                after.entrySet().removeAll(before.entrySet());
                assertThat(after).as(generated.seed()).isEmpty();
            }
        } finally {
            postmaster.stop(Postmaster.Stop.IMMEDIATE, LIMIT);
            postmaster.fence();
            MooringHome.deleteTree(folder.root());
        }
    }

    @Test
    void whatNoFileCanHoldIsRefused() {
        for (String value : new String[] {"\0", "a\0b", "\ud800", "x\udc00y"}) {
            assertThatThrownBy(() -> ServerParameters.lines(Map.of("work_mem", value)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (String name : new String[] {"", "a b", "a=b", "a\n", "include 'x'", "a.", ".a", "a'"}) {
            assertThatThrownBy(() -> ServerParameters.lines(Map.of(name, "1")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void whatIsNoNetworkIsNoRule() {
        List<String> known = List.of(
                "all",
                "samenet",
                "example.com",
                "192.0.2.0",
                "192.0.2.0/33",
                "192.0.2/24",
                "010.0.0.0/8",
                "256.0.0.0/8",
                "192.0.2.0/24 trust\nhost all all all",
                "192.0.2.0/24\n",
                "\n192.0.2.0/24",
                " 192.0.2.0/24",
                "192.0.2.0/24#");
        for (List<String> texts : List.of(known, generated.texts(2000))) {
            for (String text : texts) {
                assertThatThrownBy(() -> AccessRules.render(List.of(text)))
                        .as("%s %s", text, generated.seed())
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    private static String shown(String name, int port, DataTemplate.Ready template, Postmaster postmaster)
            throws Exception {
        try (Connection connection = open(port, template, postmaster)) {
            return shown(name, connection);
        }
    }

    private static String shown(String name, Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select current_setting('generated." + name + "')")) {
            row.next();
            return row.getString(1);
        }
    }

    private static Connection open(int port, DataTemplate.Ready template, Postmaster postmaster) throws Exception {
        return SuperuserConnection.await(
                "127.0.0.1", port, "postgres", template.superuserPassword(), LIMIT, postmaster::alive);
    }

    private static Map<String, String> settings(Connection connection) throws SQLException {
        Map<String, String> settings = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select name, setting from pg_settings")) {
            while (rows.next()) {
                settings.put(rows.getString(1), rows.getString(2));
            }
        }
        return settings;
    }

    private static List<String> sources(Connection connection) throws SQLException {
        List<String> sources = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select address, netmask, error from pg_hba_file_rules"
                        + " where type = 'hostssl' and database = '{all}' order by line_number")) {
            while (rows.next()) {
                assertThat(rows.getString(3)).isNull();
                int bits = Stream.of(rows.getString(2).split("\\."))
                        .mapToInt(part -> Integer.bitCount(Integer.parseInt(part)))
                        .sum();
                sources.add(rows.getString(1) + "/" + bits);
            }
        }
        return sources;
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
