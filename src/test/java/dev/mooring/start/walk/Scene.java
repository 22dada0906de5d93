package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Writer;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Where the stories take place: a packaged Mooring, what is in it, and what has to be true of it. */
final class Scene {

    static final String ROWS = "1000";

    final MooringProcess mooring;
    private Writer writer;

    Scene(MooringProcess mooring) {
        this.mooring = mooring;
    }

    @FunctionalInterface
    interface Request {
        Response send() throws Exception;
    }

    /** Asks for something while Mooring may be killed: an answer is a good one, and there may be none. */
    void ask(Request request) {
        Response answer;
        try {
            answer = request.send();
        } catch (Exception cutOff) {
            return;
        }
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 299);
    }

    /** What is only prepared is answered. */
    JsonPath ok(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 299);
        return answer.jsonPath();
    }

    ConditionFactory await(String what) {
        return Awaitility.await(what + "; log: " + mooring.log())
                .atMost(Duration.ofMinutes(4))
                .pollInterval(Duration.ofMillis(100));
    }

    String cluster(String version) {
        String id = ok(mooring.api()
                        .body(Api.clusterBody(Api.uniqueName(), version))
                        .post("/v2/databases"))
                .getString("database.id");
        mooring.awaitOnline(id);
        return id;
    }

    String filled(String version) throws Exception {
        String id = cluster(version);
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "create table t as select generate_series(1, " + ROWS + ") as id");
            Api.execute(connection, "alter table t add primary key (id)");
        }
        return id;
    }

    /** With a backup that was made at the beginning, before any of the rows: there is WAL to be replayed. */
    String backedUp() throws Exception {
        String id = filled("16");
        await("backup").until(() -> backups(id) == 1);
        return id;
    }

    int backups(String id) {
        return mooring.api()
                .get("/v2/databases/" + id + "/backups")
                .jsonPath()
                .getList("backups")
                .size();
    }

    /** What is made of one that nobody finished is chosen by nobody, or is gone. */
    void everyBackupIsKnown(String id) {
        Path base = mooring.home().archive().resolve(id).resolve("base");
        await("as many backups in the archive as there are said to be").until(() -> {
            try (var folders = Files.exists(base) ? Files.list(base) : Stream.<Path>empty()) {
                return folders.count() == backups(id);
            }
        });
    }

    /** They are tried one by one after the start. */
    void awaitTools(String version) {
        await("pg_upgrade to " + version + " on this machine, which ./mooring fetches")
                .until(() -> mooring.api()
                        .get("/v2/databases/options")
                        .jsonPath()
                        .getList("options.pg.upgrade_targets", String.class)
                        .contains(version));
    }

    String name(String id) {
        return mooring.get(id).jsonPath().getString("database.name");
    }

    Path folder(String id) {
        return mooring.home().cluster(UUID.fromString(id));
    }

    /** Clients write from now on, until {@link #nothingAnsweredIsLost}. */
    void write(String id) throws Exception {
        writer = new Writer(mooring.opener(id)).warm();
    }

    void nothingAnsweredIsLost() throws Exception {
        writer.warm().check();
    }

    void isWhole(String id) {
        mooring.awaitOnline(id);
        answers(id, "select count(*) from t", ROWS);
    }

    void isWhole(String id, String version) {
        isWhole(id);
        assertThat(mooring.get(id).jsonPath().getString("database.version")).isEqualTo(version);
        answers(id, "select current_setting('server_version_num')::int / 10000", version);
    }

    /** A server that has just been started again may be on its way. */
    void answers(String id, String query, String answer) {
        await(query + " is " + answer)
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptions()
                .until(
                        () -> {
                            try (Connection connection = mooring.connect(id)) {
                                return Api.query(connection, query);
                            }
                        },
                        answer::equals);
    }

    void servers(int count) {
        await(count + " servers").until(() -> mooring.postmasters() == count);
    }

    JsonPath operation(String subject, String kind) {
        return mooring.api()
                .get("/mooring/v1/operations?cluster_id=" + subject)
                .jsonPath()
                .setRootPath("operations.find { it.kind == '" + kind + "' }");
    }

    void awaitEnd(String subject, String kind) {
        await(kind + " ends")
                .until(() -> operation(subject, kind).getString("state").matches("done|failed|cancelled"));
    }

    String metadata(String query) throws Exception {
        try (Connection metadata = mooring.metadata()) {
            return Api.query(metadata, query);
        }
    }

    void change(String sql) throws Exception {
        try (Connection metadata = mooring.metadata()) {
            Api.execute(metadata, sql);
        }
    }

    static boolean empty(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return true;
        }
        try (var children = Files.list(folder)) {
            return children.findAny().isEmpty();
        }
    }

    /** Everything goes, whatever state it is in, and nothing of it is left: neither processes nor files nor something under way. */
    void clear() throws Exception {
        if (writer != null) {
            writer.close();
            writer = null;
        }
        for (String app : ids("/v2/apps", "apps.id")) {
            mooring.api().delete("/v2/apps/" + app);
        }
        await("apps gone").until(() -> ids("/v2/apps", "apps.id").isEmpty());
        await("clusters gone").until(() -> {
            for (String id : ids("/v2/databases", "databases.id")) {
                String replicas = "/v2/databases/" + id + "/replicas";
                for (String name : ids(replicas, "replicas.name")) {
                    mooring.api().delete(replicas + "/" + name);
                }
                mooring.api().delete("/v2/databases/" + id);
            }
            return mooring.clusterFolders().isEmpty() && mooring.postmasters() == 0;
        });
        nothingLeft("drills", () -> empty(mooring.home().drills()));
        nothingLeft("apps", () -> empty(mooring.home().apps()));
        nothingLeft("processes of apps", () -> processes(mooring.home().apps()) == 0);
        nothingLeft("holds of archives", () -> {
            try (var files = Files.walk(mooring.home().archive())) {
                return files.noneMatch(file -> file.endsWith("holds"));
            }
        });
        nothingLeft(
                "operations",
                () -> metadata("select count(*) from operation where finished_at is null")
                        .equals("0"));
    }

    private void nothingLeft(String what, Callable<Boolean> gone) {
        await("no " + what + " left").until(gone);
    }

    private List<String> ids(String path, String member) {
        return mooring.api().get(path).jsonPath().getList(member, String.class);
    }

    long processes(Path folder) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .map(line -> line.contains(folder.toString()))
                        .orElse(false))
                .count();
    }
}
