package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import java.sql.Connection;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** kill -9 of Mooring, or of the server that serves, between the steps of an upgrade: it ends as if nothing had happened. */
@Tag("once")
class UpgradeKillIT {

    private static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("28550-28649").start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    private static String cluster() throws Exception {
        String id = mooring.api()
                .body(Api.clusterBody(Api.uniqueName(), "13"))
                .post("/v2/databases")
                .jsonPath()
                .getString("database.id");
        mooring.awaitOnline(id);
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "create table t (id serial, note text)");
            Api.execute(connection, "insert into t (note) select 'n' from generate_series(1, 1000)");
        }
        return id;
    }

    private static void upgrade(String id) {
        var answer = mooring.api().body("{\"version\": \"15\"}").put("/v2/databases/" + id + "/upgrade");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(204);
    }

    private static void isUpgraded(String id) throws Exception {
        mooring.awaitOnline(id);
        assertThat(mooring.get(id).jsonPath().getString("database.version")).isEqualTo("15");
        try (Connection connection = mooring.connect(id)) {
            assertThat(Api.query(connection, "select current_setting('server_version_num')::int / 10000"))
                    .isEqualTo("15");
            // A server that crashed may have left numbers of a sequence out, but gives none twice.
            assertThat(Integer.parseInt(Api.query(connection, "insert into t (note) values ('after') returning id")))
                    .isGreaterThan(1000);
            assertThat(Api.query(connection, "select count(*) from t")).isEqualTo("1001");
        }
        assertThat(mooring.postmasters())
                .as("the new version and the old one that follows")
                .isEqualTo(2);
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
        Awaitility.await("nothing left; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.clusterFolders().isEmpty() && mooring.postmasters() == 0);
    }

    @ParameterizedTest
    @CsvSource({"running,COPY", "running,KEEP_OLD", "done,KEEP_OLD"})
    void upgradingGoesOn(String state, String step) throws Exception {
        String id = cluster();
        try (Boundary boundary = Boundary.before(mooring, "upgrade-cluster", state, step)) {
            upgrade(id);
            boundary.awaitReached();
            mooring.kill();
            boundary.abandon();
        }
        mooring.start();
        isUpgraded(id);
    }

    @ParameterizedTest
    @CsvSource({"running,CUT_OVER"})
    void theServerThatServesMayDie(String state, String step) throws Exception {
        String id = cluster();
        try (Boundary boundary = Boundary.before(mooring, "upgrade-cluster", state, step)) {
            upgrade(id);
            boundary.awaitReached();
            mooring.killServer(id);
            boundary.release();
        }
        isUpgraded(id);
    }
}
