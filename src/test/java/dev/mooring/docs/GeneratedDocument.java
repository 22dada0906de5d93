package dev.mooring.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A document that is made of the code: a test fails when it is not up to date, and {@code -Ddocs.write} writes it. */
record GeneratedDocument(Path file) {

    static GeneratedDocument in(String name) {
        return new GeneratedDocument(Path.of("docs", name));
    }

    void is(String text) throws IOException {
        if (System.getProperty("docs.write") != null) {
            Files.writeString(file, text);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as("%s is not what the code says: mvn test -Dtest='*DocumentTest' -Ddocs.write", file)
                .isEqualTo(text);
    }
}
