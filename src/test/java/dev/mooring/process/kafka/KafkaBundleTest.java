package dev.mooring.process.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaBundleTest {

    @TempDir
    Path folder;

    @Test
    void aJarThatWasChangedOnItsWayIsNotRun() throws IOException {
        KafkaBundle built = KafkaBundle.all().getFirst();
        Path changed = Files.createDirectory(folder.resolve("jars"));
        try (var jars = Files.list(built.folder())) {
            for (Path jar : jars.toList()) {
                Path copy = Files.copy(jar, changed.resolve(jar.getFileName()));
                if (jar.getFileName().toString().startsWith("kafka-raft")) {
                    Files.write(copy, new byte[] {0}, StandardOpenOption.APPEND);
                }
            }
        }
        MooringHome home = new MooringHome(folder.resolve("home"));
        home.create();
        KafkaBundle bundle = new KafkaBundle(built.version(), changed, changed, built.own());
        assertThatThrownBy(() -> bundle.unpacked(home))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("kafka-raft")
                .hasMessageContaining("is not the jar that this Mooring was built with");
        try (var engines = Files.list(home.engines())) {
            assertThat(engines.filter(path -> !path.toString().endsWith(".partial")))
                    .isEmpty();
        }
    }
}
