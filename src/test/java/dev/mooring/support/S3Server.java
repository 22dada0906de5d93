package dev.mooring.support;

import dev.mooring.dataplane.archive.ArchiveSettings;
import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.dataplane.archive.S3Store;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A server that speaks S3 and checks signatures: S3Proxy over a folder, a process of its own. */
public final class S3Server implements AutoCloseable {

    public static final String BUCKET = "mooring";
    private static final String ACCESS_KEY = "test-access";
    private static final String SECRET_KEY = "test-secret";

    private final Path folder = Files.createTempDirectory("mooring-s3");
    private final int port;
    private Process process;

    public S3Server() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Files.createDirectories(folder.resolve("data").resolve(BUCKET));
        Files.writeString(
                folder.resolve("s3proxy.conf"), """
                s3proxy.endpoint=http://127.0.0.1:%d
                s3proxy.authorization=aws-v2-or-v4
                s3proxy.identity=%s
                s3proxy.credential=%s
                jclouds.provider=filesystem-nio2
                jclouds.identity=local
                jclouds.credential=local
                jclouds.filesystem.basedir=%s
                """.formatted(port, ACCESS_KEY, SECRET_KEY, folder.resolve("data")));
        start();
    }

    public void start() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-jar",
                        Path.of("target", "s3-server", "s3proxy.jar")
                                .toAbsolutePath()
                                .toString(),
                        "--properties",
                        folder.resolve("s3proxy.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
        Awaitility.await("S3 server; log: " + folder.resolve("log"))
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> {
                    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                        return socket.isConnected();
                    }
                });
    }

    public void stop() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(20, TimeUnit.SECONDS);
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** Environment variables that let Mooring archive into the bucket. */
    public Map<String, String> settings() {
        return Map.of(
                "MOORING_ARCHIVE_S3_BUCKET", BUCKET,
                "MOORING_ARCHIVE_S3_PREFIX", "databases",
                "MOORING_ARCHIVE_S3_ENDPOINT", endpoint(),
                "MOORING_ARCHIVE_S3_ACCESS_KEY", ACCESS_KEY,
                "MOORING_ARCHIVE_S3_SECRET_KEY", SECRET_KEY);
    }

    /** The same for a store of its own. */
    public ArchiveSettings.S3 archive() {
        return archive("");
    }

    private ArchiveSettings.S3 archive(String prefix) {
        return new SmallRyeConfigBuilder()
                .withMapping(ArchiveSettings.class)
                .withDefaultValues(Map.of(
                        "mooring.archive.s3.prefix", prefix,
                        "mooring.archive.s3.endpoint", endpoint(),
                        "mooring.archive.s3.access-key", ACCESS_KEY,
                        "mooring.archive.s3.secret-key", SECRET_KEY))
                .build()
                .getConfigMapping(ArchiveSettings.class)
                .s3();
    }

    /** What Mooring has in it with {@link #settings}. */
    public ArchiveStore store() {
        return new S3Store(archive("databases"), BUCKET);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        stop();
        dev.mooring.home.MooringHome.deleteTree(folder);
    }
}
