package dev.mooring.process.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PgBouncerTest {

    @TempDir
    Path folder;

    private Path program(String says) throws Exception {
        Path file = folder.resolve("pgbouncer");
        Files.writeString(file, "#!/bin/sh\necho '" + says + "'\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    @Test
    void itsVersionIsAskedFor() throws Exception {
        assertThat(PgBouncer.at(program("PgBouncer 1.24.1")))
                .hasValueSatisfying(found -> assertThat(found.version()).isEqualTo("1.24.1"));
        assertThat(PgBouncer.at(program("PgBouncer 1.21.0")).orElseThrow().leave())
                .as("one that ends at once when it is told to end")
                .isEqualTo("INT");
        assertThat(PgBouncer.at(program("Odyssey 1.4"))).isEmpty();
        assertThat(PgBouncer.at(folder.resolve("none"))).isEmpty();
        assertThat(PgBouncer.at(folder)).isEmpty();
    }
}
