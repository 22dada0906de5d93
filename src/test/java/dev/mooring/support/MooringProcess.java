package dev.mooring.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The packaged Mooring as a process of its own, on a home of its own, to be started and killed like a user's. */
public final class MooringProcess implements AutoCloseable {

    /** Chosen before a session of this JVM asks whose server answers it. */
    private static final ServerAccount SERVERS = ServerAccount.choose(null);

    /** Variables that would point commands at another Mooring. */
    private static final Set<String> OTHERS = Set.of("MOORING_URL", "MOORING_TOKEN", "MOORING_CA");

    private final Path folder;
    private final int port;
    private final int sslPort;
    private final String ports;
    private final Map<String, String> settings;
    private final Map<String, String> uris = new HashMap<>();
    private boolean everyMajor;
    private Process process;

    public MooringProcess(String ports) throws IOException {
        this(ports, Map.of());
    }

    /**
     * @param settings more environment variables
     */
    public MooringProcess(String ports, Map<String, String> settings) throws IOException {
        this.settings = new HashMap<>(settings);
        this.folder = TestGround.newFolder();
        this.port = freePort();
        this.sslPort = freePort();
        this.ports = ports;
    }

    /** With all the majors that there are, for what upgrades or asks for an old one. */
    public MooringProcess withEveryMajor() {
        everyMajor = true;
        return this;
    }

    public MooringHome home() {
        return new MooringHome(folder.resolve("home"));
    }

    /** Starts it and waits until it answers. */
    public MooringProcess start() throws IOException {
        startWithoutWaiting();
        awaitStatus("/q/health/ready", 200);
        return this;
    }

    public void startWithoutWaiting() throws IOException {
        prepareHome();
        process = launch(log());
    }

    public void awaitStatus(String path, int status) {
        Awaitility.await(path + " answers " + status + "; log: " + log())
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> {
                    assertThat(process.isAlive()).isTrue();
                    return anyone().get(path).statusCode() == status;
                });
    }

    /** Another setting from the next start on; null to take it away. */
    public MooringProcess set(String name, String value) {
        if (value == null) {
            settings.remove(name);
        } else {
            settings.put(name, value);
        }
        return this;
    }

    /** At another address of this machine. */
    public RequestSpecification anyoneAt(String address, boolean https) {
        return RestAssured.given()
                .relaxedHTTPSValidation()
                .baseUri((https ? "https://" : "http://") + address)
                .port(https ? sslPort : port);
    }

    /** Where it serves https. */
    public int sslPort() {
        return sslPort;
    }

    /** For clients of their own. */
    public String url(String path) {
        return "http://localhost:" + port + path;
    }

    /** A request without a token. */
    public RequestSpecification anyone() {
        return RestAssured.given().port(port);
    }

    /** Starts it in another role. */
    public MooringProcess startAs(String role) throws IOException {
        settings.put("MOORING_ROLE", role);
        return start();
    }

    public Path log() {
        return folder.resolve("mooring.log");
    }

    public void prepareHome() throws IOException {
        if (Files.exists(home().root())) {
            return;
        }
        home().create();
        PackagedMooring.linkEngines(home(), everyMajor);
    }

    /** Another process on the same home. */
    public Process launch(Path log, String... words) throws IOException {
        return builder(List.of(words))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** One of its commands, for the same home. */
    public Shell command(String... words) throws IOException, InterruptedException {
        return commandWithInput("", words);
    }

    /** The same, told something on standard input. */
    public Shell commandWithInput(String input, String... words) throws IOException, InterruptedException {
        return Shell.run(builder(List.of(words)), input);
    }

    /** One of its commands as at a terminal, where Ctrl-C ends what does not see to it itself; what it says goes to the file. */
    public Process atTerminal(Path out, String... words) throws IOException {
        ProcessBuilder builder = builder(List.of(words));
        builder.command(Stream.concat(Stream.of("env", "--default-signal=INT"), builder.command().stream())
                .toList());
        return builder.redirectErrorStream(true).redirectOutput(out.toFile()).start();
    }

    private ProcessBuilder builder(List<String> words) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Stream.concat(PackagedMooring.COMMAND.stream(), words.stream()).toList());
        builder.environment()
                .putAll(Map.of(
                        "MOORING_HOME",
                        home().root().toString(),
                        "MOORING_ADMIN_TOKEN",
                        TestGround.TOKEN,
                        "MOORING_LOCAL_PORTS",
                        ports,
                        // Most of them make one cluster, or none.
                        "MOORING_LOCAL_SPARES",
                        "0",
                        "MOORING_ENGINES",
                        PackagedMooring.engines(everyMajor).toString(),
                        "MOORING_APPS_UIDS",
                        TestGround.accounts(),
                        "MOORING_OUTBOUND_ALLOW",
                        TestGround.OUTBOUND,
                        "QUARKUS_HTTP_PORT",
                        Integer.toString(port),
                        "QUARKUS_HTTP_SSL_PORT",
                        Integer.toString(sslPort)));
        builder.environment().keySet().removeIf(OTHERS::contains);
        builder.environment().putAll(settings);
        return builder;
    }

    public void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    /** As Ctrl-C or a service manager does. SIGINT itself is ignored below a shell that runs its commands in the background. */
    public void interrupt() throws IOException, InterruptedException {
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    public RequestSpecification api() {
        return Api.as(TestGround.TOKEN).port(port);
    }

    public Response create(String name) {
        return api().body(Api.clusterBody(name, "16")).post("/v2/databases");
    }

    public Response get(String id) {
        return api().get("/v2/databases/" + id);
    }

    public void awaitOnline(String id) {
        Awaitility.await("cluster " + id + " online; log: " + log())
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Json.of(get(id)).path("database").path("status").asText(), "online"::equals);
    }

    /** As its administrator, also while Mooring is away. */
    public Connection connect(String cluster) throws SQLException, IOException {
        if (process.isAlive()) {
            uris.put(cluster, get(cluster).jsonPath().getString("database.connection.uri"));
        }
        return connect(java.net.URI.create(uris.get(cluster)));
    }

    /** The same, where the cluster was known to be before. */
    public Connection connectAgain(String cluster) throws SQLException {
        return connect(java.net.URI.create(uris.get(cluster)));
    }

    /** As the one that only Mooring is, in the cluster's first database. */
    public Connection superuser(String cluster) throws SQLException, IOException {
        ClusterFolder.Manifest manifest =
                ClusterFolder.of(home(), UUID.fromString(cluster)).manifest().orElseThrow();
        return SuperuserConnection.open(
                "127.0.0.1",
                manifest.port(),
                "defaultdb",
                Vault.open(home(), null).unseal(manifest.superuserSecret()));
    }

    /** For clients that do not ask Mooring where the cluster is. */
    public Writer.Opener opener(String cluster) throws SQLException, IOException {
        connect(cluster).close();
        String uri = uris.get(cluster);
        return () -> connect(java.net.URI.create(uri));
    }

    private static Connection connect(java.net.URI uri) throws SQLException {
        String[] user = uri.getUserInfo().split(":");
        return DriverManager.getConnection(
                "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath() + "?sslmode=require",
                user[0],
                user[1]);
    }

    /** kill -9 for everything that works on the cluster's data. */
    public void killServer(String cluster) throws IOException, InterruptedException {
        killServer(cluster, "");
    }

    /**
     * @param side folder of a server beside the one that serves
     */
    public void killServer(String cluster, String side) throws IOException, InterruptedException {
        Path data = home().cluster(UUID.fromString(cluster)).resolve(side).resolve("data");
        new Postmaster(new Engine("", "", data), data, data, SERVERS).fence();
    }

    /** The metadata as its own superuser sees it. */
    public Connection metadata() throws SQLException, IOException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:"
                        + Files.readString(home().metadata().resolve("port")).strip() + "/mooring",
                "postgres",
                Files.readString(home().keys().resolve("metadata-password")).strip());
    }

    /** How many postmasters run for clusters under this home. A process that one has just forked still has its command line. */
    public long postmasters() {
        return ProcessHandle.allProcesses()
                .filter(this::servesCluster)
                .filter(handle -> !handle.parent().map(this::servesCluster).orElse(false))
                .count();
    }

    private boolean servesCluster(ProcessHandle handle) {
        return handle.info()
                .commandLine()
                .map(line -> line.contains("bin/postgres -D " + home().clusters()))
                .orElse(false);
    }

    public List<Path> clusterFolders() throws IOException {
        try (Stream<Path> children = Files.list(home().clusters())) {
            return new ArrayList<>(children.toList());
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (process != null && process.isAlive()) {
            process.destroy();
            if (!process.waitFor(40, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        if (Files.exists(home().root())) {
            TestGround.stopClusters(home());
            TestGround.stopMetadata(home());
        }
        MooringHome.deleteTree(folder);
    }

    /** None of those that the system gives to outgoing connections: one of them could take it before Mooring does. */
    private static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(22_000, 25_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // Another one is free.
            }
        }
    }
}
