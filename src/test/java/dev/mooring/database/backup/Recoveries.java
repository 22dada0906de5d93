package dev.mooring.database.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Json;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** What tests of recovery do again and again. */
public final class Recoveries {

    private Recoveries() {}

    private static ConditionFactory await(String what) {
        return Awaitility.await(what).atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(100));
    }

    /** A cluster that has its first backup. */
    public static TestCluster backedUp(String major) {
        TestCluster cluster = Api.cluster(major);
        awaitBackup(cluster);
        return cluster;
    }

    public static void awaitBackup(TestCluster cluster) {
        await("first backup of " + cluster.id())
                .until(() -> !Json.get(cluster.path("/backups")).path("backups").isEmpty());
    }

    static void awaitEvent(TestCluster cluster, String type) {
        await(type + " of " + cluster.id()).until(() -> cluster.events().contains(type));
    }

    /** Until no file of it is left but its archive. */
    public static void awaitGone(TestCluster cluster) {
        Path folder = MooringHome.configured().cluster(UUID.fromString(cluster.id()));
        await(folder + " gone").until(() -> Files.notExists(folder));
    }

    static JsonPath window(TestCluster cluster) {
        Response window = Api.get("/mooring/v1/databases/" + cluster.id() + "/recovery-window");
        assertThat(window.statusCode()).as(window.asString()).isEqualTo(200);
        return window.jsonPath();
    }

    public static String body(String name, String source, String at) {
        return """
                {"name": "%s", "engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc1",
                 "backup_restore": {"database_name": "%s"%s}}""".formatted(name, source, at == null ? "" : ", \"backup_created_at\": \"" + at + "\"");
    }

    private static TestCluster begin(TestCluster source, String at) {
        Response created = Api.post("/v2/databases", body(Api.uniqueName(), source.name(), at));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        assertThat(created.jsonPath().getString("database.status")).isEqualTo("forking");
        return TestCluster.of(created.jsonPath());
    }

    /** @param at null for the latest */
    public static TestCluster restore(TestCluster source, String at) {
        TestCluster restored = begin(source, at);
        restored.awaitOnline();
        return restored;
    }

    /** Why a fork does not succeed. */
    static String failure(TestCluster source) {
        TestCluster fork = begin(source, null);
        String operation = Api.get("/mooring/v1/operations?cluster_id=" + fork.id())
                .jsonPath()
                .getString("operations[0].id");
        await("end of " + operation).until(() -> state(operation).equals("failed"));
        fork.delete();
        return Api.get("/mooring/v1/operations/" + operation).jsonPath().getString("operation.error");
    }

    /** Backups or drills. */
    public static String queued(TestCluster cluster, String what) {
        Response queued = Api.post("/mooring/v1/databases/" + cluster.id() + "/" + what, "");
        assertThat(queued.statusCode()).as(queued.asString()).isEqualTo(202);
        return queued.jsonPath().getString("operation.id");
    }

    public static JsonPath receipt(String operation) {
        await("end of " + operation).until(() -> !state(operation).matches("queued|running"));
        JsonPath ended = Api.get("/mooring/v1/operations/" + operation).jsonPath();
        assertThat(ended.getString("operation.state"))
                .as(ended.getString("operation.error"))
                .isEqualTo("done");
        return ended;
    }

    private static String state(String operation) {
        return Json.get("/mooring/v1/operations/" + operation)
                .path("operation")
                .path("state")
                .asText();
    }

    /** After the last commit and before the next one, which may follow at once. */
    public static Instant momentBetweenCommits(Connection connection) throws SQLException {
        Instant moment = Instant.parse(
                Api.query(
                        connection,
                        "select to_char((clock_timestamp() + interval '1 ms') at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
        Api.execute(connection, "select pg_sleep(0.003)");
        return moment;
    }

    /** The third whole segment of the cluster's archive, once it is there. */
    static Path thirdSegment(TestCluster cluster) throws IOException {
        Path wal = MooringHome.configured().archive().resolve(cluster.id()).resolve("wal");
        await("three whole segments").until(() -> wholeSegments(wal).size() >= 3);
        return wholeSegments(wal).get(2);
    }

    private static List<Path> wholeSegments(Path wal) throws IOException {
        try (var files = Files.list(wal)) {
            return files.filter(Recoveries::whole).sorted().toList();
        }
    }

    private static boolean whole(Path file) {
        return file.getFileName().toString().matches("[0-9A-F]{24}\\.zst");
    }
}
