package dev.mooring.dataplane.local.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.GeneratedText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShellTextTest {

    @TempDir
    Path folder;

    private final GeneratedText generated = new GeneratedText();

    @Test
    void aWordIsWhatTheShellHandsOn() throws Exception {
        List<String> texts = generated.texts(300);
        // A script, so that no argument of the shell's own is in the way.
        String script = texts.stream()
                .map(text -> "printf '%s\\0' " + ShellText.word(text) + "\n")
                .collect(Collectors.joining());
        Path file = Files.writeString(folder.resolve("words"), script);
        Process shell = new ProcessBuilder("sh", file.toString()).start();
        String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).isZero();
        assertThat(List.of(output.split("\0", -1)).subList(0, texts.size()))
                .as(generated.seed())
                .isEqualTo(texts);
    }

    @Test
    void noWordHoldsNul() {
        assertThatThrownBy(() -> ShellText.word("a\0b")).isInstanceOf(IllegalArgumentException.class);
    }
}
