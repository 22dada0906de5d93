package dev.mooring.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Shell;
import io.restassured.path.json.JsonPath;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What one types at the machine that Mooring runs on, over the life of an installation. */
class CommandIT {

    @Test
    void anInstallationIsLookedAtUsedStoppedAndTakenAway() throws Exception {
        try (MooringProcess mooring = new MooringProcess("28950-28999")) {
            Shell early = mooring.command("status");
            assertThat(early.exit()).isEqualTo(1);
            assertThat(early.out())
                    .contains("No Mooring runs on " + mooring.home().root());

            mooring.start();
            String id = mooring.create("first").jsonPath().getString("database.id");
            mooring.awaitOnline(id);
            mooring.connect(id).close();
            look(mooring, id);
            ctrlCIsPsqlsAffair(mooring, id);
            aPlainPromptDoes(mooring, id);

            assertThat(mooring.command("stop").succeeded()).contains("Mooring has ended.");
            Shell stopped = mooring.command("status");
            assertThat(stopped.exit()).isEqualTo(1);
            assertThat(stopped.out()).contains("databases go on", id);
            mooring.connectAgain(id).close();

            assertThat(mooring.command("stop", "--databases").succeeded()).contains("1 server was stopped.");
            assertThatThrownBy(() -> mooring.connectAgain(id).close()).isInstanceOf(SQLException.class);

            mooring.start();
            mooring.awaitOnline(id);
            assertThat(mooring.command("psql", "first", "--", "-Atc", "select word from notes")
                            .succeeded())
                    .isEqualTo("kept\n");

            String back = aDeletedOneComesBackByItsId(mooring, id);
            Shell mistyped = mooring.commandWithInput("yes\n", "uninstall");
            assertThat(mistyped.exit()).isEqualTo(1);
            assertThat(mistyped.err()).contains("nothing was deleted");
            mooring.connect(back).close();
            mooring.commandWithInput(mooring.home().root() + "\n", "uninstall").succeeded();
            assertThat(mooring.home().root()).doesNotExist();
            assertThatThrownBy(() -> mooring.connectAgain(back).close()).isInstanceOf(SQLException.class);
        }
    }

    /** There is one of that name by then, and its data are others. */
    private static String aDeletedOneComesBackByItsId(MooringProcess mooring, String id) throws Exception {
        mooring.awaitStatus("/q/health/ready", 200);
        Awaitility.await("a backup")
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.api()
                                .get("/mooring/v1/databases/" + id + "/recovery-window")
                                .statusCode()
                        == 200);
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
        Awaitility.await("it is gone")
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.create("first").statusCode() == 201);
        String uri = mooring.command("restore", id, "--as", "back").succeeded();
        assertThat(uri).startsWith("postgresql://doadmin:");
        assertThat(mooring.command("psql", "back", "--", "-Atc", "select word from notes")
                        .succeeded())
                .isEqualTo("kept\n");
        return JsonPath.from(mooring.command("status", "--output", "json").succeeded())
                .getString("databases.find { it.name == 'back' }.id");
    }

    private static void ctrlCIsPsqlsAffair(MooringProcess mooring, String id) throws Exception {
        Path said = Files.createTempFile("mooring-psql", ".out");
        Process psql = mooring.atTerminal(said, "psql", "first", "--", "-c", "select pg_sleep(600)");
        awaitSleeping(mooring, id);
        List<ProcessHandle> all =
                Stream.concat(Stream.of(psql.toHandle()), psql.descendants()).toList();
        assertThat(all).as("Mooring's own and psql").hasSizeGreaterThan(1);
        Path ca = Stream.of(Files.readString(
                                Path.of("/proc", Long.toString(all.getLast().pid()), "environ"))
                        .split("\0"))
                .filter(variable -> variable.startsWith("PGSSLROOTCERT="))
                .map(variable -> Path.of(variable.split("=", 2)[1]))
                .findFirst()
                .orElseThrow();
        assertThat(ca).exists();
        interrupt(all);
        assertThat(psql.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(said)).contains("canceling statement due to user request");
        assertThat(psql.exitValue()).as("psql's own").isEqualTo(1);
        assertThat(ca).doesNotExist();
        Files.delete(said);
    }

    private static void aPlainPromptDoes(MooringProcess mooring, String id) throws Exception {
        Path said = Files.createTempFile("mooring-psql", ".out");
        Process prompt = mooring.atTerminal(said, "psql", "first", "--plain");
        try (BufferedWriter typed = prompt.outputWriter()) {
            typed.write("""
                    select word, 1 as n, ';' as "a;b", $$ it's; $$ -- not here;
                      from notes;
                    create table made (i int); insert into made values (1), (2);
                    select E'\\x1b[31m' as colour;
                    nonsense;
                    select pg_sleep(600);
                    """);
            typed.flush();
            awaitSleeping(mooring, id);
            interrupt(List.of(prompt.toHandle()));
            typed.write("select 'goes' || ' on';\n\\q\n");
        }
        assertThat(prompt.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(said))
                .contains("kept  1  ;", " it's;", "(1 row)", "(2 rows)", "\\x1b[31m", "(SQLSTATE 42601)")
                .contains("(SQLSTATE 57014)", "goes on");
        assertThat(prompt.exitValue()).isZero();
        Files.delete(said);
    }

    private static void interrupt(List<ProcessHandle> processes) throws Exception {
        for (ProcessHandle process : processes) {
            assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
        }
    }

    private static void awaitSleeping(MooringProcess mooring, String id) {
        Awaitility.await("the statement runs")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> {
                    try (Connection connection = mooring.connect(id)) {
                        return Api.query(
                                        connection,
                                        "select count(*) from pg_stat_activity where query like '%pg_sleep(600)%'"
                                                + " and state = 'active' and pid <> pg_backend_pid()")
                                .equals("1");
                    }
                });
    }

    /** Every other command is typed in {@code e2e/commands.sh}, where a start costs next to nothing. */
    private static void look(MooringProcess mooring, String id) throws Exception {
        JsonPath status =
                JsonPath.from(mooring.command("status", "--output", "json").succeeded());
        assertThat(status.getString("databases[0].id")).isEqualTo(id);
        assertThat(status.getString("url")).isEqualTo(mooring.url(""));
        for (String since : List.of("running_since", "databases[0].running_since")) {
            assertThat(Instant.parse(status.getString(since)))
                    .as(since)
                    .isBetween(Instant.now().minusSeconds(600), Instant.now());
        }
        JsonPath doctor =
                JsonPath.from(mooring.command("doctor", "--output", "json").out());
        assertThat(doctor.getString("find { it.what == 'clock' }.state")).isEqualTo("ok");
        assertThat(doctor.getString("find { it.what == 'clock' }.words")).contains("metadata_ms", "file_system_ms");
        assertThat(doctor.getString("find { it.what == 'archive' }.words")).contains("farthest_behind_bytes");
        assertThat(JsonPath.from(mooring.command("token", "--output", "json").succeeded())
                        .getString("url"))
                .isEqualTo(mooring.url(""));
        assertThat(JsonPath.from(mooring.command("version", "--output", "json").succeeded())
                        .getString("version"))
                .matches("\\d.*");
        assertThat(JsonPath.from(mooring.command("logs", "first", "--output", "json")
                                .succeeded())
                        .getList("lines"))
                .isNotEmpty();

        Shell misspelt = mooring.command("stauts");
        assertThat(misspelt.exit()).isEqualTo(2);
        assertThat(misspelt.err()).contains("stauts", "Did you mean: mooring status");
        Shell unknown = mooring.command("psql", "second");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.err()).contains("there is no database cluster second; there is first");
        mooring.command("psql", "first", "--", "-c", "create table notes as select 'kept' as word")
                .succeeded();
    }
}
