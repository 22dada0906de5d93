package dev.mooring.dataplane.kubernetes;

import dev.mooring.home.MooringHome;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A real Kubernetes API server with CloudNativePG's kinds, over a real etcd. It has no controllers: {@link ScriptedOperator} is one. */
final class ApiServer implements AutoCloseable {

    static final String NAMESPACE = "mooring-databases";

    private static final Path PROGRAMS = Path.of("target/kubernetes").toAbsolutePath();
    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    private final List<Process> processes = new ArrayList<>();
    private final Path folder;
    private final int port;

    private ApiServer(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    static final String MISSING = "e2e/kubernetes/build has not been run";

    /** Whether it has been built; who asks skips the test for everybody to hear when it has not. */
    static boolean built() {
        boolean built =
                Files.isExecutable(PROGRAMS.resolve("apiserver")) && Files.isExecutable(PROGRAMS.resolve("etcd"));
        if (!built) {
            System.err.println(
                    "\n*** SKIPPED: tests of the data plane kubernetes. Build their API server first: e2e/kubernetes/build"
                            + " (needs Go 1.26 and the Go module proxy; minutes, once) ***\n");
        }
        return built;
    }

    static ApiServer start() throws IOException, InterruptedException {
        int[] ports = freePorts(3);
        ApiServer server = new ApiServer(Files.createTempDirectory("mooring-kubernetes"), ports[0]);
        try {
            String clients = "http://127.0.0.1:" + ports[1];
            String peers = "http://127.0.0.1:" + ports[2];
            server.run(
                    "etcd",
                    "--data-dir=" + server.folder.resolve("data"),
                    "--unsafe-no-fsync",
                    "--log-level=error",
                    "--listen-client-urls=" + clients,
                    "--advertise-client-urls=" + clients,
                    "--listen-peer-urls=" + peers,
                    "--initial-advertise-peer-urls=" + peers,
                    "--initial-cluster=default=" + peers);
            server.run(
                    "apiserver",
                    "--etcd-servers=" + clients,
                    "--bind-address=127.0.0.1",
                    "--secure-port=" + ports[0],
                    "--cert-dir=" + server.folder.resolve("certificates"),
                    "--crd=" + server.kinds());
            server.awaitReady();
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private String kinds() throws IOException {
        List<String> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/kubernetes"))) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".yaml")).toList()) {
                Path read = folder.resolve(file.getFileName());
                Files.writeString(read, refusingToShrink(Files.readString(file)));
                all.add(read.toString());
            }
        }
        return String.join(",", all);
    }

    /** What CloudNativePG's webhook does, said to the API server: there is nobody else here whom it could ask. */
    private static String refusingToShrink(String kind) {
        String size = "Size cannot be decreased.\n                    type: string\n";
        String rule = """
                maxLength: 64
                x-kubernetes-validations:
                - rule: quantity(self).compareTo(quantity(oldSelf)) >= 0
                  message: can't shrink existing storage
                """;
        return kind.replace(size, size + rule.indent(20));
    }

    private static int[] freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    private void run(String program, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(PROGRAMS.resolve(program).toString()));
        command.addAll(List.of(options));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(program + ".log").toFile())
                .start());
    }

    private void awaitReady() throws IOException {
        try (KubernetesClient client = client(port)) {
            Awaitility.await("the API server is ready")
                    .atMost(START_LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> ready(client));
        } catch (ConditionTimeoutException | IllegalStateException e) {
            throw new IllegalStateException(
                    e.getMessage() + ": " + Files.readString(folder.resolve("apiserver.log"))
                            + Files.readString(folder.resolve("etcd.log")),
                    e);
        }
    }

    private boolean ready(KubernetesClient client) {
        if (processes.stream().anyMatch(process -> !process.isAlive())) {
            throw new IllegalStateException("the API server does not start");
        }
        try {
            return "ok".equals(client.raw("/readyz"));
        } catch (KubernetesClientException starting) {
            return false;
        }
    }

    int port() {
        return port;
    }

    static Config config(int port) {
        return config("https://127.0.0.1:" + port);
    }

    private static Config config(String url) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl(url)
                .withTrustCerts(true)
                .withNamespace(NAMESPACE)
                .withOauthToken("any")
                .withRequestRetryBackoffLimit(0)
                .build();
    }

    static KubernetesClient client(int port) {
        return new KubernetesClientBuilder().withConfig(config(port)).build();
    }

    /** @param url of it, or of what is in front of it */
    static KubernetesClient clientOf(String url) {
        return new KubernetesClientBuilder().withConfig(config(url)).build();
    }

    @Override
    public void close() throws InterruptedException {
        for (Process process : processes.reversed()) {
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        MooringHome.deleteTree(folder);
    }
}
