package dev.mooring.process.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.session.SuperuserConnection;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom Mooring takes for a server, and whom it ends: with real servers, and with processes that have got their ids. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class PostmasterTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Inject
    LocalClusters clusters;

    @Inject
    MooringHome home;

    private Path data;
    private int port;
    private String password;

    /** A server of its own, that nobody supervises. */
    private Postmaster[] server(String major) throws Exception {
        Engine engine = clusters.engines().engine(major);
        ClusterFolder folder =
                new ClusterFolder(UUID.randomUUID(), home.drills().resolve("pids-" + UUID.randomUUID()));
        clusters.makeFolders(folder);
        DataTemplate.Ready template = clusters.template().prepare(engine);
        clusters.copyTemplate(template, folder);
        password = template.superuserPassword();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        clusters.writeData(
                folder,
                "postgresql.conf",
                "listen_addresses = '127.0.0.1'\nport = " + port + "\nunix_socket_directories = ''\nfsync = off\n");
        clusters.writeData(folder, "pg_hba.conf", AccessRules.superuserOnly());
        data = folder.data();
        return new Postmaster[] {
            new Postmaster(engine, data, folder.startLog(), clusters.account(), new ProcServerProcesses(data)),
            new Postmaster(engine, data, folder.startLog(), clusters.account(), new PortableServerProcesses(data))
        };
    }

    private static void awaitReady(Postmaster postmaster) {
        Awaitility.await("a server is ready")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(postmaster.ready())
                        .as(postmaster.startFailure())
                        .isTrue());
    }

    /** Its sessions end by themselves then. What nobody has collected yet does nothing any more. */
    private void kill(Postmaster postmaster) {
        ProcessHandle.of(postmaster.pid().orElseThrow()).orElseThrow().destroyForcibly();
        Awaitility.await("the server and its children are gone")
                .atMost(LIMIT)
                .until(() -> new ProcServerProcesses(data).all().isEmpty());
    }

    /** As after a crash: the file names a process that has the id by now. */
    private void writePid(long pid) throws Exception {
        List<String> lines =
                new ArrayList<>(Files.readAllLines(data.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1));
        lines.set(0, Long.toString(pid));
        Files.write(data.resolve("postmaster.pid"), lines);
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void aProcessThatHasGotTheIdOfAServerIsNoServerAndIsLeftAlone(String major) throws Exception {
        for (Postmaster postmaster : server(major)) {
            postmaster.start();
            awaitReady(postmaster);
            assertThat(postmaster.alive()).isTrue();
            kill(postmaster);
            assertThat(postmaster.alive()).isFalse();
            Process other = new ProcessBuilder("sleep", "600").start();
            try {
                writePid(other.pid());
                assertThat(postmaster.alive()).isFalse();
                assertThat(postmaster.ready()).isFalse();
                postmaster.stop(Postmaster.Stop.IMMEDIATE, LIMIT);
                postmaster.fence();
                assertThat(other.isAlive()).isTrue();
                // And it is in nobody's way.
                postmaster.start();
                awaitReady(postmaster);
            } finally {
                other.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            }
            postmaster.fence();
            assertThat(postmaster.alive()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = "15")
    void theServerOfAnotherDataDirectoryIsNotTakenForThisOne(String major) throws Exception {
        Postmaster another = server(major)[0];
        another.start();
        awaitReady(another);
        for (Postmaster postmaster : server(major)) {
            postmaster.start();
            awaitReady(postmaster);
            kill(postmaster);
            // One that was started at another time: that tells them apart where nothing else does.
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
            lines = new ArrayList<>(lines);
            lines.set(0, Long.toString(another.pid().orElseThrow()));
            lines.set(2, Long.toString(Instant.now().minusSeconds(3600).getEpochSecond()));
            Files.write(data.resolve("postmaster.pid"), lines);
            assertThat(postmaster.alive()).isFalse();
            postmaster.fence();
            assertThat(another.ready()).isTrue();
        }
        another.fence();
    }

    @ParameterizedTest
    @ValueSource(strings = "18")
    void whoOnlyLooksAroundInTheDataDirectoryIsNotEnded(String major) throws Exception {
        Postmaster postmaster = server(major)[0];
        postmaster.start();
        awaitReady(postmaster);
        Process shell =
                new ProcessBuilder("sleep", "600").directory(data.toFile()).start();
        try {
            postmaster.fence();
            assertThat(postmaster.alive()).isFalse();
            assertThat(shell.isAlive()).isTrue();
        } finally {
            shell.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    /** A command that a server has started goes with it: it may write into the data directory. */
    @ParameterizedTest
    @ValueSource(strings = {"13", "18"})
    void whatAServerHasStartedIsEndedWithIt(String major) throws Exception {
        Postmaster postmaster = server(major)[0];
        Path file = data.resolve("postgresql.conf");
        Files.writeString(
                file, Files.readString(file) + "archive_mode = on\narchive_command = 'sleep 599 && false # %p'\n");
        postmaster.start();
        awaitReady(postmaster);
        try (Connection connection = SuperuserConnection.open("127.0.0.1", port, "postgres", password)) {
            Api.execute(connection, "create table public.t ()");
            Api.execute(connection, "select pg_switch_wal()");
        }
        Awaitility.await("a command of the server runs").atMost(LIMIT).until(() -> commands() > 0);
        postmaster.fence();
        assertThat(commands()).isZero();
    }

    private long commands() throws Exception {
        Path real = data.toRealPath();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains("sleep 599"))
                .filter(process -> {
                    try {
                        return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/cwd"))
                                .equals(real);
                    } catch (java.io.IOException e) {
                        return false;
                    }
                })
                .count();
    }
}
