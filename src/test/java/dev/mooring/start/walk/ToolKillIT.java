package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** kill -9 of pg_upgrade and of each tool in the middle of an upgrade: that is no verdict on the database, which is upgraded all the same. */
@Tag("once")
class ToolKillIT {

    private static final String FROM = "16";
    private static final String TO = "18";

    /** Is killed once when it is told to, or always, in whatever it was called for. */
    private static final String MORTAL = """
            #!/bin/sh
            case "$1" in -V|--version) exec "%2$s" "$@";; esac
            if [ -e "%1$s.always" ] || rm "%1$s" 2>/dev/null; then kill -KILL $$; fi
            exec "%2$s" "$@"
            """;

    private static Scene scene;
    private static Path deaths;

    @BeforeAll
    static void start() throws Exception {
        scene = new Scene(new MooringProcess("29550-29599").withEveryMajor());
        scene.mooring.start();
        deaths = Files.createDirectory(scene.mooring.log().resolveSibling("deaths"));
        Files.setPosixFilePermissions(deaths, PosixFilePermissions.fromString("rwxrwxrwx"));
        scene.awaitTools(TO);
        for (String tool : tools().toList()) {
            makeMortal(tool);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        scene.mooring.close();
    }

    @AfterEach
    void clear() throws Exception {
        scene.clear();
    }

    /** Of those that Mooring has unpacked itself. Beside them templates of servers are made meanwhile. */
    private static void makeMortal(String tool) throws IOException {
        List<Path> unpacked;
        try (var folders = Files.list(scene.mooring.home().engines())) {
            unpacked = folders.filter(folder -> folder.getFileName().toString().matches("tools-.*18.*"))
                    .toList();
        }
        for (Path folder : unpacked) {
            try (var files = Files.find(folder, 4, (file, facts) -> file.endsWith(Path.of("bin", tool)))) {
                for (Path file : files.toList()) {
                    Path real = Files.move(file, file.resolveSibling(tool + ".real"));
                    Files.writeString(file, MORTAL.formatted(deaths.resolve(tool), real));
                    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
    }

    static Stream<String> tools() {
        return Stream.of(
                "pg_upgrade",
                "pg_dump",
                "pg_dumpall",
                "pg_restore",
                "psql",
                "pg_resetwal",
                "pg_controldata",
                "vacuumdb");
    }

    @ParameterizedTest
    @CsvSource({"online,CONVERT,pg_restore"})
    void theUpgradeIsDoneAllTheSame(String method, String step, String tool) throws Exception {
        String id = scene.filled(FROM);
        try (Boundary boundary = Boundary.before(scene.mooring, "upgrade-cluster", "running", step)) {
            scene.ok(scene.mooring
                    .api()
                    .body("{\"version\": \"" + TO + "\", \"method\": \"" + method + "\"}")
                    .put("/v2/databases/" + id + "/upgrade"));
            boundary.awaitReached();
            Files.createFile(deaths.resolve(tool));
            boundary.release();
        }
        scene.awaitEnd(id, "upgrade-cluster");
        scene.isWhole(id, TO);
        assertThat(deaths.resolve(tool)).as("it was killed").doesNotExist();
        assertThat(scene.operation(id, "upgrade-cluster").getString("state"))
                .as(scene.operation(id, "upgrade-cluster").prettify())
                .isEqualTo("done");
        assertThat(scene.operation(id, "upgrade-cluster").getString("receipt.method"))
                .as(scene.operation(id, "upgrade-cluster").prettify())
                .isEqualTo(method);
    }

    /** It could crash for ever, and each time a copy is spoiled: that ends, and the way is not changed for it. */
    @Tag("walk")
    @ParameterizedTest
    @CsvSource({"brief,CUT_OVER,psql", "online,CONVERT,pg_dump"})
    void oneThatAlwaysCrashesIsNamedAndTheOldVersionServes(String method, String step, String tool) throws Exception {
        String id = scene.filled(FROM);
        Path always = deaths.resolve(tool + ".always");
        try (Boundary boundary = Boundary.before(scene.mooring, "upgrade-cluster", "running", step)) {
            scene.ok(scene.mooring
                    .api()
                    .body("{\"version\": \"" + TO + "\", \"method\": \"" + method + "\"}")
                    .put("/v2/databases/" + id + "/upgrade"));
            boundary.awaitReached();
            Files.createFile(always);
            boundary.release();
            scene.awaitEnd(id, "upgrade-cluster");
        } finally {
            Files.deleteIfExists(always);
        }
        scene.isWhole(id, FROM);
        scene.servers(1);
        assertThat(scene.operation(id, "upgrade-cluster").getString("state")).isEqualTo("failed");
        assertThat(scene.operation(id, "upgrade-cluster").getString("error"))
                .contains("broke off 3 times", "says nothing of the databases", "The old version serves");
    }

    /** The new version serves by then: what is missing of it is made in another way. */
    @Tag("walk")
    @ParameterizedTest
    @CsvSource({"brief,STATISTICS", "online,FINISH"})
    void aVacuumdbThatAlwaysCrashesIsNotNeeded(String method, String step) throws Exception {
        String id = scene.filled(FROM);
        Path always = deaths.resolve("vacuumdb.always");
        try (Boundary boundary = Boundary.before(scene.mooring, "upgrade-cluster", "running", step)) {
            scene.ok(scene.mooring
                    .api()
                    .body("{\"version\": \"" + TO + "\", \"method\": \"" + method + "\"}")
                    .put("/v2/databases/" + id + "/upgrade"));
            boundary.awaitReached();
            Files.createFile(always);
            boundary.release();
            scene.awaitEnd(id, "upgrade-cluster");
        } finally {
            Files.deleteIfExists(always);
        }
        scene.isWhole(id, TO);
        scene.answers(id, "select count(*) from pg_stats where tablename = 't'", "1");
        assertThat(scene.operation(id, "upgrade-cluster").getString("receipt.method"))
                .isEqualTo(method);
    }

    @Tag("walk")
    @ParameterizedTest
    @MethodSource
    void walk(String method, String step, String tool) throws Exception {
        theUpgradeIsDoneAllTheSame(method, step, tool);
    }

    static Stream<Arguments> walk() {
        return List.of("brief,CUT_OVER", "online,CONVERT").stream()
                .flatMap(way -> tools().map(tool -> Arguments.of(way.split(",")[0], way.split(",")[1], tool)));
    }
}
