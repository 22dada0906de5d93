package dev.mooring.dataplane.kubernetes;

import dev.mooring.process.postgres.Engine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A real PostgreSQL that says of itself to be another minor version: of each major there is only one to test with. */
final class OtherMinor {

    private OtherMinor() {}

    /**
     * @param version as long as the real one
     * @param folder for its programs; what else belongs to them is linked
     */
    static Engine of(Engine real, String version, Path folder) throws IOException {
        if (version.length() != real.version().length()) {
            throw new IllegalArgumentException(version + " is longer or shorter than " + real.version());
        }
        Path home = folder.resolve(version);
        Path bin = home.resolve("bin");
        if (Files.notExists(home)) {
            Files.createDirectories(bin);
            for (Path created : List.of(home, bin)) {
                Files.setPosixFilePermissions(created, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            for (String beside : List.of("lib", "share")) {
                Files.createSymbolicLink(
                        home.resolve(beside), real.bin().resolveSibling(beside).toRealPath());
            }
            for (String program : List.of("postgres", "pg_ctl")) {
                // Every byte as one character, there and back.
                String content = Files.readString(real.bin().resolve(program), StandardCharsets.ISO_8859_1);
                Path renamed = Files.writeString(
                        bin.resolve(program), content.replace(real.version(), version), StandardCharsets.ISO_8859_1);
                Files.setPosixFilePermissions(renamed, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        return new Engine(real.major(), version, bin);
    }
}
