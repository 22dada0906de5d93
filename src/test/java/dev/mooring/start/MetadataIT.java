package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Relay;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The metadata database is somebody else's: not there yet, empty, shared by roles. */
class MetadataIT {

    private static final Duration SOON = Duration.ofSeconds(60);

    private static ExternalMetadata external;

    @BeforeAll
    static void begin() throws Exception {
        external = new ExternalMetadata("28600-28649");
    }

    @AfterAll
    static void end() throws Exception {
        external.close();
    }

    @BeforeEach
    void empty() throws Exception {
        try (Connection connection = external.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("drop schema public cascade; create schema public");
        }
    }

    @Test
    @Tag("once")
    void withoutItsDatabaseItLivesAndIsNotReadyUntilTheDatabaseComes() throws Exception {
        try (Relay relay = new Relay(external.port());
                MooringProcess mooring = new MooringProcess("28650-28699", external.settings(relay.port()))) {
            mooring.startWithoutWaiting();
            mooring.awaitStatus("/q/health/live", 200);
            assertThat(mooring.anyone().get("/q/health/ready").asString())
                    .contains("\"metadata\"")
                    .contains("waiting_for");
            assertThat(mooring.anyone().get("/q/health/ready").statusCode()).isEqualTo(503);
            assertThat(Files.readString(mooring.log())).contains("waiting for the metadata database");
            relay.open();
            mooring.awaitStatus("/q/health/ready", 200);
            mooring.awaitOnline(mooring.create(Api.uniqueName()).jsonPath().getString("database.id"));
        }
    }

    /** Waiting would not help, and who started it has to know. */
    @Test
    void aWrongPasswordEndsItWithAnError() throws Exception {
        // One asks before it listens, the other while it does.
        for (String role : List.of("all", "api")) {
            Map<String, String> settings = role(role);
            settings.put("QUARKUS_DATASOURCE_PASSWORD", "wrong");
            try (MooringProcess mooring = new MooringProcess("28650-28699", settings)) {
                Process refused = mooring.launch(mooring.log());
                assertThat(refused.waitFor(30, TimeUnit.SECONDS)).as(role).isTrue();
                assertThat(refused.exitValue()).as(role).isEqualTo(1);
                assertThat(Files.readString(mooring.log())).contains("password authentication failed");
            }
        }
    }

    @Test
    void everyReplicaNeedsTheSameKey() throws Exception {
        Map<String, String> settings = new HashMap<>(external.settings());
        settings.remove("MOORING_ENCRYPTION_KEY");
        try (MooringProcess mooring = new MooringProcess("28650-28699", settings)) {
            mooring.home().create();
            Process refused = mooring.launch(mooring.log());
            assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(mooring.log())).contains("MOORING_ENCRYPTION_KEY must be set");
            assertThat(mooring.home().metadata().resolve("data")).doesNotExist();
        }
    }

    @Test
    void theApiLeavesTheSchemaToTheOneThatMigrates() throws Exception {
        try (MooringProcess api = new MooringProcess("28650-28699", role("api"));
                MooringProcess migrate = new MooringProcess("28650-28699", role("migrate"))) {
            api.startWithoutWaiting();
            api.awaitStatus("/q/health/live", 200);
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> api.anyone().get("/q/health/ready").asString().contains("its schema is older"));
            Process once = migrate.launch(migrate.log());
            assertThat(once.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(once.exitValue()).as(Files.readString(migrate.log())).isZero();
            api.awaitStatus("/q/health/ready", 200);
            assertThat(api.api().get("/v2/databases").statusCode()).isEqualTo(200);
            assertThat(api.anyone().get("/v2/databases").statusCode()).isEqualTo(401);
            assertThat(api.home().tls()).as("no https, so nothing for it").isEmptyDirectory();
        }
    }

    /** Finished or handed back, and in no case left with a lease that somebody would have to wait for. */
    @Test
    void aSignalHandsOperationsBack() throws Exception {
        try (MooringProcess mooring = new MooringProcess("28650-28699", external.settings()).start()) {
            String id = mooring.create(Api.uniqueName()).jsonPath().getString("database.id");
            mooring.interrupt();
            try (Connection connection = external.connect();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "select state, lease_owner is null from operation where subject = '" + id + "'")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString(1)).isIn("queued", "done");
                assertThat(row.getBoolean(2)).isTrue();
            }
            mooring.start();
            mooring.awaitOnline(id);
            assertThat(mooring.postmasters()).isEqualTo(1);
        }
    }

    private static Map<String, String> role(String role) throws Exception {
        Map<String, String> settings = new HashMap<>(external.settings());
        settings.put("MOORING_ROLE", role);
        settings.put("MOORING_HTTPS", Boolean.toString(!role.equals("api")));
        return settings;
    }
}
