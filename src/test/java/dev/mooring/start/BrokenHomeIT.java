package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.MooringProcess;
import io.restassured.path.json.JsonPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A home in which several things are broken: everything else starts, and what is broken is named. */
@Tag("once")
class BrokenHomeIT {

    @Test
    void whatIsBrokenIsNamedAndKeepsNothingElseFromStarting() throws Exception {
        try (MooringProcess mooring = new MooringProcess(
                        "28700-28749", Map.of("MOORING_APPS_RUNTIME", "local", "MOORING_APPS_PORTS", "28750-28799"))
                .start()) {
            String whole = online(mooring, "whole");
            String broken = online(mooring, "broken");
            mooring.kill();
            mooring.killServer(whole);
            Path clusters = mooring.home().clusters();
            Path apps = mooring.home().apps();
            Files.write(clusters.resolve(broken).resolve("cluster.json"), new byte[0]);
            String file = UUID.randomUUID().toString();
            Files.writeString(clusters.resolve(file), "a file where a folder is expected");
            Files.writeString(clusters.resolve("notes.txt"), "somebody's");
            for (Path folder : List.of(
                    clusters, apps, mooring.home().accounts(), mooring.home().root())) {
                Files.createDirectory(
                        folder.resolve("lost+found"),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
            }
            // What can be found out or made again is.
            Files.write(mooring.home().metadata().resolve("version"), new byte[0]);
            try (var secrets = Files.newDirectoryStream(mooring.home().keys(), "template-16*")) {
                for (Path secret : secrets) {
                    Files.write(secret, new byte[0]);
                }
            }
            String app = brokenApp(apps, "");
            String another = brokenApp(apps, "{}");
            Files.writeString(apps.resolve("notes.txt"), "somebody's");

            mooring.start();

            // It recovers from its kill meanwhile.
            Awaitility.await("the whole one serves again")
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> {
                        try (Connection connection = mooring.connect(whole)) {
                            return connection.isValid(5);
                        }
                    });
            JsonPath health = mooring.anyone().get("/q/health/well").jsonPath();
            assertThat(health.getString("checks.find { it.name == 'clusters' }.status"))
                    .isEqualTo("DOWN");
            assertThat(health.getMap("checks.find { it.name == 'clusters' }.data")
                            .toString())
                    .contains("broken " + broken + "=", "cluster.json is damaged", "broken " + file + "=")
                    .doesNotContain("lost+found", "notes.txt", "broken " + whole);
            assertThat(health.getMap("checks.find { it.name == 'apps' }.data").toString())
                    .contains("broken " + app + "=", "broken " + another + "=", "active.json is damaged")
                    .doesNotContain("lost+found", "notes.txt");
            assertThat(Files.readString(mooring.log())).contains("cluster " + broken + " cannot be taken up");

            // New ones come, and the broken one goes like any other.
            online(mooring, "new");
            assertThat(mooring.api().delete("/v2/databases/" + broken).statusCode())
                    .isEqualTo(204);
            Awaitility.await("nothing of the broken cluster is left; log: " + mooring.log())
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> Files.notExists(clusters.resolve(broken)) && mooring.postmasters() == 2);
            assertThat(mooring.anyone().get("/q/health/well").asString()).doesNotContain("broken " + broken);
            Files.delete(clusters.resolve(file));
        }
    }

    private static String online(MooringProcess mooring, String name) {
        String id = mooring.create(name).jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        return id;
    }

    private static String brokenApp(Path apps, String manifest) throws Exception {
        String app = UUID.randomUUID().toString();
        Files.createDirectory(apps.resolve(app));
        Files.writeString(apps.resolve(app).resolve("active.json"), manifest);
        return app;
    }
}
