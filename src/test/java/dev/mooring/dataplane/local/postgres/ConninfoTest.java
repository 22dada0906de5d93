package dev.mooring.dataplane.local.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.process.postgres.Installations;
import dev.mooring.support.GeneratedText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConninfoTest {

    private static final int LONGEST_ARGUMENT = 100_000;

    private final GeneratedText generated = new GeneratedText();

    /** A mode that is none is refused by its name, before anybody is connected to. */
    @Test
    void libpqReadsExactlyTheValue() throws Exception {
        Optional<String> psql = Installations.find().tools().stream()
                .map(tool -> tool.program("psql"))
                .filter(program -> Files.isExecutable(Path.of(program)))
                .findFirst();
        assumeTrue(psql.isPresent(), "no psql on this machine");
        for (String text : generated.texts(100)) {
            if (text.isEmpty() || text.length() > LONGEST_ARGUMENT) {
                continue;
            }
            ProcessBuilder builder = new ProcessBuilder(
                            psql.get(), "--no-psqlrc", "--dbname=sslmode=" + Conninfo.value(text) + " host=192.0.2.1")
                    .redirectErrorStream(true);
            builder.environment().put("LC_ALL", "C.UTF-8");
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).isEqualTo(2);
            assertThat(output).as(generated.seed()).isEqualTo("psql: error: invalid sslmode value: \"" + text + "\"\n");
        }
    }

    @Test
    void nulIsRefused() {
        assertThatThrownBy(() -> Conninfo.value("a\0b")).isInstanceOf(IllegalArgumentException.class);
    }
}
