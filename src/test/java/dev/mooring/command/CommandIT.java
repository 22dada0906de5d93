package dev.mooring.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.MooringProcess;
import dev.mooring.support.Shell;
import io.restassured.path.json.JsonPath;
import java.sql.SQLException;
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

            Shell mistyped = mooring.commandWithInput("yes\n", "uninstall");
            assertThat(mistyped.exit()).isEqualTo(1);
            assertThat(mistyped.err()).contains("nothing was deleted");
            mooring.connect(id).close();
            mooring.commandWithInput(mooring.home().root() + "\n", "uninstall").succeeded();
            assertThat(mooring.home().root()).doesNotExist();
            assertThatThrownBy(() -> mooring.connectAgain(id).close()).isInstanceOf(SQLException.class);
        }
    }

    /** Every other command is typed in {@code e2e/commands.sh}, where a start costs next to nothing. */
    private static void look(MooringProcess mooring, String id) throws Exception {
        JsonPath status =
                JsonPath.from(mooring.command("status", "--output", "json").succeeded());
        assertThat(status.getString("databases[0].id")).isEqualTo(id);
        assertThat(status.getString("url")).isEqualTo(mooring.url(""));

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
