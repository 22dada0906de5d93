package dev.mooring.support;

import dev.mooring.home.MooringHome;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.kafka.BrokerFiles;
import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.process.kafka.JavaRuntime;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.process.pgbouncer.PgBouncerProcess;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.start.Bootstrap;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A Mooring home of its own for the tests of one application, with real PostgreSQL under it. Inside the application this
 * stands for its main program; around a packaged one it leaves that work to it.
 */
public class TestGround implements QuarkusTestResourceLifecycleManager {

    /** Repositories and servers of the tests are on this machine. */
    public static final String OUTBOUND = "file,127.0.0.0/8,::1";

    public static final String TOKEN = "mrg_test-administrator-token";

    /** At most so many JVMs run tests at once. */
    private static final int FORKS = 4;

    private final Set<String> settingsBefore = System.getProperties().stringPropertyNames();
    private Set<String> settings = Set.of();
    private Path folder;
    private Bootstrap ground;
    private final boolean packaged = System.getProperty("mooring.executable") != null;

    @Override
    public Map<String, String> start() {
        try {
            folder = newFolder();
            System.setProperty("mooring.home", folder.resolve("home").toString());
            System.setProperty("mooring.local.ports", "27000-27799");
            System.setProperty("mooring.admin.token", TOKEN);
            System.setProperty("mooring.outbound.allow", OUTBOUND);
            if (packaged) {
                return Map.of(
                        "mooring.home",
                        System.getProperty("mooring.home"),
                        "mooring.local.ports",
                        System.getProperty("mooring.local.ports"),
                        "mooring.admin.token",
                        TOKEN,
                        "mooring.outbound.allow",
                        OUTBOUND);
            }
            ground = Bootstrap.prepare(false);
            settings = new HashSet<>(System.getProperties().stringPropertyNames());
            settings.removeAll(settingsBefore);
            return Map.of();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        try {
            if (packaged) {
                stopApplication();
            }
            stopClusters(MooringHome.configured());
            if (packaged) {
                stopMetadata(MooringHome.configured());
            } else {
                ground.close();
            }
            // Another one in this process starts from nothing.
            settings.forEach(System::clearProperty);
            MooringHome.deleteTree(folder);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The framework would stop it after this, and until then it starts every server again that goes. */
    private void stopApplication() {
        ProcessHandle.current()
                .descendants()
                .filter(process ->
                        process.info().commandLine().orElse("").contains("-Dmooring.home=" + folder.resolve("home")))
                .forEach(process -> {
                    process.destroy();
                    process.onExit().join();
                });
    }

    /** The accounts of apps that this JVM alone may give, of those that the tests may have: see {@code MOORING_APPS_UIDS}. */
    public static String accounts() {
        String[] all = System.getenv()
                .getOrDefault("MOORING_APPS_UIDS", "200000-265535")
                .split("-");
        int first = Integer.parseInt(all[0]);
        int each = (Integer.parseInt(all[1]) - first + 1) / FORKS;
        int from = first + (Integer.getInteger("tests.fork", 1) - 1) % FORKS * each;
        return from + "-" + (from + each - 1);
    }

    /** Entered by the account that PostgreSQL runs under. */
    public static Path newFolder() throws IOException {
        Path folder = Files.createTempDirectory("mooring-test");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        return folder;
    }

    /** Clusters outlive Mooring: a test that ends must end them itself. */
    public static void stopClusters(MooringHome home) throws IOException, InterruptedException {
        try (var clusters = Files.list(home.clusters())) {
            for (Path cluster : clusters.toList()) {
                Path data = cluster.resolve("data");
                if (Files.isDirectory(data)) {
                    Postmaster postmaster = new Postmaster(
                            new Engine("", "", data), data, cluster.resolve("log"), ServerAccount.choose(null));
                    postmaster.stop(Postmaster.Stop.IMMEDIATE, Duration.ofSeconds(20));
                    postmaster.fence();
                }
                for (String side : List.of("a", "b")) {
                    new PgBouncerProcess(
                                    new PgBouncer(data, ""),
                                    cluster.resolve("pool").resolve(side),
                                    0,
                                    ServerAccount.choose(null))
                            .fence();
                }
                for (int i = 1; i <= 3; i++) {
                    new BrokerProcess(
                                    new JavaRuntime(data, ""),
                                    data,
                                    new BrokerFiles(cluster.resolve("broker" + i)),
                                    ServerAccount.choose(null),
                                    0,
                                    List.of())
                            .fence();
                }
            }
        }
    }

    /** Of a process that could not do it, because it was killed. */
    static void stopMetadata(MooringHome home) throws IOException, InterruptedException {
        Path data = home.metadata().resolve("data");
        if (Files.isDirectory(data)) {
            new Postmaster(new Engine("", "", data), data, data, ServerAccount.choose(null))
                    .stop(Postmaster.Stop.FAST, Duration.ofSeconds(20));
        }
    }
}
