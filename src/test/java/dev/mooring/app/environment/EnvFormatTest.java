package dev.mooring.app.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.GeneratedText;
import dev.mooring.web.ApiException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other programs than shells read is tried with these in e2e/. */
class EnvFormatTest {

    @TempDir
    Path folder;

    private final GeneratedText generated = new GeneratedText();

    @Test
    void aShellReadsExactlyTheValuesAndRunsNothing() throws Exception {
        List<String> texts = generated.texts(300);
        Map<String, String> variables = new LinkedHashMap<>();
        StringBuilder script = new StringBuilder(". \"$1\"\n");
        for (int i = 0; i < texts.size(); i++) {
            variables.put("V" + i, texts.get(i));
            script.append("printf '%s\\0' \"$V").append(i).append("\"\n");
        }
        Path env = Files.writeString(
                folder.resolve("env"), EnvFormat.named("shell").write(variables));
        Path file = Files.writeString(folder.resolve("script"), script);
        Process shell = new ProcessBuilder("sh", file.toString(), env.toString()).start();
        String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).isZero();
        assertThat(List.of(output.split("\0", -1)).subList(0, texts.size()))
                .as(generated.seed())
                .isEqualTo(texts);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dotenv", "python-dotenv", "shell", "docker"})
    void nulIsRefusedByName(String format) {
        assertThatThrownBy(() -> EnvFormat.named(format).write(Map.of("SOME", "b\0")))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("SOME");
    }
}
