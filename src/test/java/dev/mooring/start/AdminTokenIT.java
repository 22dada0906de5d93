package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.MooringProcess;
import io.restassured.specification.RequestSpecification;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What of tokens and of the audit trail is left when Mooring starts again. */
@Tag("once")
class AdminTokenIT {

    private static final String FIRST = "mrg_first-administrator-token";
    private static final String SECOND = "mrg_second-administrator-token";
    private static final String THIRD = "mrg_third-administrator-token";
    private static final String SETTING = "MOORING_ADMIN_TOKEN";

    private static int status(MooringProcess mooring, String token) {
        return as(mooring, token).get("/mooring/v1/teams").statusCode();
    }

    private static RequestSpecification as(MooringProcess mooring, String token) {
        return mooring.anyone().header("Authorization", "Bearer " + token).contentType("application/json");
    }

    /** Every administrator's token that is not of the API. */
    private static void revokeAdmin(MooringProcess mooring, String token) {
        String id = as(mooring, token)
                .get("/mooring/v1/tokens")
                .jsonPath()
                .getString("tokens.find { it.name == 'admin' }.id");
        assertThat(as(mooring, token)
                        .delete("/mooring/v1/tokens/" + id + "?force=true")
                        .statusCode())
                .isEqualTo(204);
        assertThat(status(mooring, token)).isEqualTo(401);
    }

    /** One home for both: what costs is to start. */
    @Test
    void fileAndSettingRotateAndWhatIsRevokedStaysRevoked() throws Exception {
        try (MooringProcess mooring = new MooringProcess("29300-29319").set(SETTING, "")) {
            theFileOfAHome(mooring);
            theSetting(mooring);
        }
    }

    private static void theFileOfAHome(MooringProcess mooring) throws Exception {
        mooring.start();
        String made = Files.readString(mooring.home().adminToken()).strip();
        revokeAdmin(mooring, made);
        mooring.interrupt();

        mooring.start();
        assertThat(status(mooring, made)).as("revoked").isEqualTo(401);
        assertThat(Files.readString(mooring.log())).contains("remove the file");
        mooring.interrupt();

        Files.delete(mooring.home().adminToken());
        mooring.start();
        String next = Files.readString(mooring.home().adminToken()).strip();
        assertThat(next).isNotEqualTo(made);
        assertThat(status(mooring, next)).isEqualTo(200);
        mooring.interrupt();

        mooring.set(SETTING, FIRST).start();
        assertThat(status(mooring, FIRST)).isEqualTo(200);
        assertThat(status(mooring, next)).as("the setting takes its place").isEqualTo(401);
        assertThat(mooring.home().adminToken()).doesNotExist();
    }

    private static void theSetting(MooringProcess mooring) throws Exception {
        String own = as(mooring, FIRST)
                .body("{\"name\":\"own\",\"scopes\":[\"*\"]}")
                .post("/mooring/v1/tokens")
                .jsonPath()
                .getString("token.token");
        mooring.interrupt();

        mooring.set(SETTING, SECOND).start();
        assertThat(status(mooring, FIRST)).as("replaced").isEqualTo(401);
        assertThat(status(mooring, SECOND)).isEqualTo(200);
        revokeAdmin(mooring, SECOND);
        String unanswered = killWhileAsking(mooring, own);

        mooring.start();
        assertThat(status(mooring, SECOND)).as("revoked").isEqualTo(401);
        assertThat(Files.readString(mooring.log())).contains("Set a value that was never used");
        assertThat(status(mooring, own)).isEqualTo(200);
        assertUnanswered(mooring, own, unanswered);
        mooring.interrupt();

        mooring.set(SETTING, THIRD).start();
        assertThat(status(mooring, THIRD)).as("the way in again").isEqualTo(200);
        assertThat(status(mooring, FIRST)).isEqualTo(401);
    }

    /** @return the id of a request that Mooring was killed over */
    private static String killWhileAsking(MooringProcess mooring, String token) throws Exception {
        String request = "killed-while-asking";
        try (Connection metadata = mooring.metadata();
                Statement statement = metadata.createStatement()) {
            metadata.setAutoCommit(false);
            statement.execute("lock table tag in exclusive mode");
            Thread asking = Thread.ofVirtual().start(() -> {
                try {
                    as(mooring, token)
                            .header("x-request-id", request)
                            .body("{\"name\":\"unanswered\"}")
                            .post("/v2/tags");
                } catch (Exception expected) {
                    // Its other end is killed.
                }
            });
            Awaitility.await("written down before it is done")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> {
                        try (ResultSet rows = statement.executeQuery(
                                "select count(*) from audit_entry where request = '" + request + "'")) {
                            return rows.next() && rows.getInt(1) == 1;
                        }
                    });
            mooring.kill();
            asking.join();
        }
        return request;
    }

    private static void assertUnanswered(MooringProcess mooring, String token, String request) {
        var entry = as(mooring, token).get("/mooring/v1/audit?per_page=200").jsonPath();
        entry.setRootPath("entries.find { it.request_id == '" + request + "' }");
        assertThat(entry.getString("endpoint")).isEqualTo("/v2/tags");
        assertThat(entry.getString("token_name")).isEqualTo("own");
        assertThat(entry.getString("status")).as("nobody knows what came of it").isNull();
    }
}
