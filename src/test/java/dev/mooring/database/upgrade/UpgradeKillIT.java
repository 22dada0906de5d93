package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Writer;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** kill -9 of the servers between the steps of an upgrade, and of everybody in the middle of its cut-over: it ends as if nothing had happened. */
@Tag("once")
class UpgradeKillIT {

    private static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("28550-28649").withEveryMajor().start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    /** What a failed test has left would be counted by the next. */
    @AfterEach
    void delete() throws Exception {
        for (String id : mooring.api().get("/v2/databases").jsonPath().getList("databases.id", String.class)) {
            Awaitility.await("deleted")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> mooring.api().delete("/v2/databases/" + id).statusCode() != 412);
        }
        Awaitility.await("nothing left; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.clusterFolders().isEmpty() && mooring.postmasters() == 0);
    }

    private static String from(String method) {
        return method.equals("brief") ? "13" : "16";
    }

    private static String to(String method) {
        return method.equals("brief") ? "15" : "18";
    }

    /** They are tried one by one after the start. */
    private static void awaitTools(String version) {
        Awaitility.await(
                        "pg_upgrade to " + version + " on this machine, which ./mooring fetches; log: " + mooring.log())
                .atMost(Duration.ofMinutes(3))
                .until(() -> mooring.api()
                        .get("/v2/databases/options")
                        .jsonPath()
                        .getList("options.pg.upgrade_targets", String.class)
                        .contains(version));
    }

    private static String cluster(String method) throws Exception {
        awaitTools(to(method));
        String id = mooring.api()
                .body(Api.clusterBody(Api.uniqueName(), from(method)))
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

    private static void upgrade(String id, String method) {
        var answer = mooring.api()
                .body("{\"version\": \"" + to(method) + "\", \"method\": \"" + method + "\"}")
                .put("/v2/databases/" + id + "/upgrade");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(204);
    }

    private static void isUpgraded(String id, String method) throws Exception {
        mooring.awaitOnline(id);
        assertThat(mooring.get(id).jsonPath().getString("database.version")).isEqualTo(to(method));
        isWhole(id, to(method), method);
    }

    private static void isWhole(String id, String version, String method) throws Exception {
        try (Connection connection = mooring.connect(id)) {
            assertThat(Api.query(connection, "select current_setting('server_version_num')::int / 10000"))
                    .isEqualTo(version);
            // A server that crashed may have left numbers of a sequence out, but gives none twice.
            assertThat(Integer.parseInt(Api.query(connection, "insert into t (note) values ('after') returning id")))
                    .isGreaterThan(1000);
            assertThat(Api.query(connection, "select count(*) from t")).isEqualTo("1001");
        }
        Awaitility.await("after an online upgrade the old version follows, else nothing else runs; log: "
                        + mooring.log())
                .atMost(Duration.ofSeconds(20))
                .until(() -> mooring.postmasters() == (version.equals("18") && method.equals("online") ? 2 : 1));
    }

    @ParameterizedTest
    @CsvSource({"brief,CUT_OVER"})
    void theServerThatServesMayDie(String method, String step) throws Exception {
        String id = cluster(method);
        try (Boundary boundary = Boundary.before(mooring, "upgrade-cluster", "running", step)) {
            upgrade(id, method);
            boundary.awaitReached();
            mooring.killServer(id);
            boundary.release();
        }
        isUpgraded(id, method);
    }

    /** What logical decoding does not carry, between the parting of the copy and the cut-over. */
    @Test
    void whatHappensMeanwhileMakesItBrief() throws Exception {
        String id = cluster("online");
        try (Boundary boundary = Boundary.before(mooring, "upgrade-cluster", "running", "CUT_OVER")) {
            upgrade(id, "online");
            boundary.awaitReached();
            try (Connection connection = mooring.connect(id)) {
                Api.execute(connection, "create table meanwhile as select generate_series(1, 2) as a");
                // Neither of them has a key.
                Api.execute(connection, "delete from meanwhile where a = 2");
                Api.execute(connection, "update meanwhile set a = 1");
                Api.execute(connection, "alter role doadmin set work_mem = '7MB'");
                Api.execute(connection, "update t set note = 'changed' where id = 1");
            }
            boundary.release();
        }
        mooring.awaitOnline(id);
        var operation = mooring.api()
                .get("/mooring/v1/operations?cluster_id=" + id)
                .jsonPath()
                .setRootPath("operations.find { it.kind == 'upgrade-cluster' }");
        assertThat(operation.getString("receipt.method"))
                .as(operation.prettify())
                .isEqualTo("brief");
        assertThat(operation.getString("receipt.method_reason"))
                .contains("online was begun", "public.meanwhile", "settings");
        try (Connection connection = mooring.connect(id)) {
            assertThat(Api.query(
                            connection,
                            "select concat_ws(' ', a, current_setting('work_mem'), (select note from t where id = 1))"
                                    + " from meanwhile"))
                    .isEqualTo("1 7MB changed");
        }
        isWhole(id, "18", "brief");
    }

    /** It can be dropped by SQL between the making of its slot and the first fetch from it. */
    @Tag("walk")
    @Test
    void aDatabaseThatVanishesMeanwhileMakesItBrief() throws Exception {
        String id = cluster("online");
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "create database passing");
        }
        try (Boundary boundary = Boundary.before(mooring, "upgrade-cluster", "running", "CATCH_UP")) {
            upgrade(id, "online");
            boundary.awaitReached();
            try (Connection connection = mooring.connect(id)) {
                Api.execute(connection, "drop database passing");
            }
            boundary.release();
        }
        mooring.awaitOnline(id);
        var operation = mooring.api()
                .get("/mooring/v1/operations?cluster_id=" + id)
                .jsonPath()
                .setRootPath("operations.find { it.kind == 'upgrade-cluster' }");
        assertThat(operation.getString("receipt.method_reason"))
                .as(operation.prettify())
                .contains("online was begun", "passing");
        isWhole(id, "18", "brief");
    }

    /** Whoever dies wherever: in the end the one version or the other serves, Mooring says which, and no row is lost. */
    @Tag("walk")
    @ParameterizedTest
    @MethodSource
    void walk(String method, String step, String dies) throws Exception {
        String id = cluster(method);
        try (Writer writer = new Writer(mooring.opener(id)).warm()) {
            try (Boundary boundary = Boundary.before(
                    mooring,
                    "upgrade-cluster",
                    step.equals("DONE") ? "done" : "running",
                    step.equals("DONE") ? "KEEP_OLD" : step)) {
                upgrade(id, method);
                boundary.awaitReached();
                kill(id, method, dies, boundary);
            }
            settled(id, method, writer);
        }
    }

    private static final Map<String, List<String>> STEPS = Map.of(
            "brief",
            List.of("COPY_FILES", "FOLLOW", "CUT_OVER", "STATISTICS", "SECURE", "KEEP_OLD", "DONE"),
            "online",
            List.of(
                    "COPY_FILES",
                    "FOLLOW",
                    "FORK",
                    "CONVERT",
                    "CATCH_UP",
                    "FINISH",
                    "BACK_UP",
                    "CUT_OVER",
                    "KEEP_OLD",
                    "DONE"));

    static Stream<Arguments> walk() {
        return STEPS.entrySet().stream()
                .flatMap(method -> method.getValue().stream()
                        .flatMap(step ->
                                Stream.of("serving", "coming").map(dies -> Arguments.of(method.getKey(), step, dies))));
    }

    /** In the middle of the step in which the one takes the other's place. */
    @Tag("walk")
    @ParameterizedTest
    @MethodSource
    void walkThroughTheCutOver(String method, int milliseconds, String dies) throws Exception {
        String id = cluster(method);
        try (Writer writer = new Writer(mooring.opener(id)).warm()) {
            try (Boundary boundary = Boundary.before(mooring, "upgrade-cluster", "running", "CUT_OVER")) {
                upgrade(id, method);
                boundary.awaitReached();
                boundary.release();
                Thread.sleep(milliseconds);
                kill(id, method, dies, boundary);
            }
            settled(id, method, writer);
        }
    }

    static Stream<Arguments> walkThroughTheCutOver() {
        return Stream.of("brief", "online")
                .flatMap(method -> IntStream.rangeClosed(1, 12)
                        .map(step -> step * (method.equals("brief") ? 250 : 50))
                        .boxed()
                        .flatMap(after -> Stream.of("mooring", "serving", "coming")
                                .map(dies -> Arguments.of(method, after, dies))));
    }

    private static void kill(String id, String method, String dies, Boundary boundary) throws Exception {
        switch (dies) {
            case "mooring" -> {
                mooring.kill();
                boundary.abandon();
                mooring.start();
            }
            case "serving" -> mooring.killServer(id);
            default -> mooring.killServer(id, method.equals("brief") ? "copy" : "next");
        }
        boundary.release();
    }

    private static void settled(String id, String method, Writer writer) throws Exception {
        Awaitility.await("the upgrade is over; log: " + mooring.log())
                .atMost(Duration.ofMinutes(2))
                .until(() -> mooring.api()
                        .get("/mooring/v1/operations?cluster_id=" + id)
                        .jsonPath()
                        .getString("operations.find { it.kind == 'upgrade-cluster' }.state")
                        .matches("done|failed"));
        mooring.awaitOnline(id);
        String state = mooring.api()
                .get("/mooring/v1/operations?cluster_id=" + id)
                .jsonPath()
                .getString("operations.find { it.kind == 'upgrade-cluster' }.state");
        String version = mooring.get(id).jsonPath().getString("database.version");
        assertThat(version).isEqualTo(state.equals("done") ? to(method) : from(method));
        writer.warm().check();
        isWhole(id, version, method);
    }
}
