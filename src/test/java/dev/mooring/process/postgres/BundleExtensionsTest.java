package dev.mooring.process.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleExtensionsTest {

    @TempDir
    Path bundle;

    @Test
    void aBundleThatWasUnpackedBeforeIsToldOnceAndAsAWhole() throws IOException {
        Path folder = Files.createDirectories(bundle.resolve("share/postgresql/extension"));
        Path trusted = Files.writeString(folder.resolve("amcheck.control"), "comment = 'checks'");
        Path script = Files.writeString(
                folder.resolve("amcheck--1.0.sql"),
                "CREATE FUNCTION f(int);\nREVOKE ALL ON FUNCTION f(int,\n  text) FROM PUBLIC;\n");
        Path refused = Files.writeString(folder.resolve("plperl.control"), "trusted = true\n");
        Path unknown = Files.writeString(folder.resolve("postgis.control"), "comment = 'maps'\n");

        BundleExtensions.load().tell(bundle);
        assertThat(trusted).content().startsWith("comment = 'checks'\n").contains("\ntrusted = true\n");
        assertThat(script).content().contains("FROM PUBLIC;\nGRANT EXECUTE ON FUNCTION f(int,\n  text) TO pg_monitor;");
        assertThat(refused).content().contains("\ntrusted = false\ncomment = 'not for users: runs Perl");
        assertThat(unknown).hasContent("comment = 'maps'\n");

        String once = Files.readString(trusted) + Files.readString(script) + Files.readString(refused);
        BundleExtensions.load().tell(bundle);
        assertThat(Files.readString(trusted) + Files.readString(script) + Files.readString(refused))
                .isEqualTo(once);
    }
}
