package dev.mooring.app.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.GeneratedText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DotEnvTest {

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
        Path env = Files.writeString(folder.resolve("env"), DotEnv.lines(variables));
        Path file = Files.writeString(folder.resolve("script"), script);
        Process shell = new ProcessBuilder("sh", file.toString(), env.toString()).start();
        String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).isZero();
        assertThat(List.of(output.split("\0", -1)).subList(0, texts.size()))
                .as(generated.seed())
                .isEqualTo(texts);
    }

    @Test
    void nulIsRefused() {
        assertThatThrownBy(() -> DotEnv.lines(Map.of("A", "b\0"))).isInstanceOf(IllegalArgumentException.class);
    }
}
