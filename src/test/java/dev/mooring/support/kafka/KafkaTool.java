package dev.mooring.support.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.process.kafka.JavaRuntime;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One of the programs that come with Kafka, as its scripts start it, with a client's settings in a file. */
public record KafkaTool(String main, Properties client) {

    private static final String SERVER = "bootstrap.servers";
    private static final int LIMIT_S = 90;

    /** Its output when it has ended well. */
    public String run(String input, String... words) throws Exception {
        Properties settings = new Properties();
        settings.putAll(client);
        // What the tools are told by their options, or decide themselves.
        settings.keySet().removeAll(List.of(SERVER, "auto.offset.reset"));
        Path folder = Files.createTempDirectory("kafka-tool");
        Path file = folder.resolve("client.properties");
        try (OutputStreamWriter writer = new OutputStreamWriter(Files.newOutputStream(file), StandardCharsets.UTF_8)) {
            settings.store(writer, null);
        }
        List<String> command = new ArrayList<>(List.of(
                JavaRuntime.find().orElseThrow().program(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                "target/kafka-tools/*:" + newest() + "/*",
                "org.apache.kafka.tools." + main,
                "--bootstrap-server",
                client.getProperty(SERVER),
                "--command-config",
                file.toString()));
        command.addAll(List.of(words));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write(input);
        }
        try {
            assertThat(process.waitFor(LIMIT_S, TimeUnit.SECONDS)).as(main).isTrue();
            assertThat(process.exitValue()).as(Files.readString(output)).isZero();
            return Files.readString(output);
        } finally {
            process.destroyForcibly();
            MooringHome.deleteTree(folder);
        }
    }

    private static Path newest() throws Exception {
        try (Stream<Path> versions = Files.list(Path.of("target", "engines", "kafka"))) {
            return versions.max(Comparator.naturalOrder()).orElseThrow();
        }
    }
}
