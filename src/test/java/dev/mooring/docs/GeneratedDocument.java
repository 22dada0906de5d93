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

    /** A document of which one part is made of the code: what is between two lines, each of which is in it once. */
    void has(String text, String before, String after) throws IOException {
        String whole = Files.readString(file);
        int begin = whole.indexOf(before) + before.length();
        int end = whole.indexOf(after, begin);
        assertThat(whole.indexOf(before)).as("%s has the line %s", file, before).isNotNegative();
        assertThat(end).as("%s has the line %s", file, after).isNotNegative();
        is(whole.substring(0, begin) + text + whole.substring(end));
    }
}
