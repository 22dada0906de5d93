package dev.mooring.process.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaRuntimeTest {

    @TempDir
    Path home;

    @ParameterizedTest
    @CsvSource({"25.0.3,true", "21,true", "21.0.1,true", "17.0.15,false", "1.8.0_402,false"})
    void isTakenWhenItIsNewEnough(String version, boolean taken) throws IOException {
        install(home, version);
        assertThat(JavaRuntime.at(home).map(JavaRuntime::version).isPresent()).isEqualTo(taken);
    }

    @Test
    void isNoneWithoutItsProgram() throws IOException {
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25\"\n");
        assertThat(JavaRuntime.at(home)).isEmpty();
    }

    @Test
    void theNewestOfTheInstalledIsFoundBesideAnOldDefault() throws IOException {
        for (String version : List.of("9", "17.0.15", "21.0.9", "21.0.10")) {
            install(home.resolve("jvm/java-" + version), version);
        }
        install(home.resolve("Virtual/java-21/Contents/Home"), "21.0.2");
        Map<Path, String> folders =
                Map.of(home.resolve("jvm"), "", home.resolve("Virtual"), "Contents/Home", home.resolve("nowhere"), "");
        assertThat(JavaRuntime.newest(folders).map(JavaRuntime::version)).contains("21.0.10");
    }

    private static void install(Path home, String version) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Path program = Files.createFile(home.resolve("bin/java"));
        assertThat(program.toFile().setExecutable(true)).isTrue();
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Somebody\"\nJAVA_VERSION=\"" + version + "\"\n");
    }

    @Test
    void theOneThatRunsTheTestsIsFound() {
        assertThat(JavaRuntime.find()).isPresent();
    }
}
