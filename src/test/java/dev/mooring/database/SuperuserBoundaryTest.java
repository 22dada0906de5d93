package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.database.upgrade.Upgraded;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import dev.mooring.support.Trap;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that somebody plants in a database of theirs ever runs as superuser, whatever Mooring is asked to do with it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SuperuserBoundaryTest {

    @Tag("once")
    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void whatIsPlantedInADatabaseDoesNotRunAsSuperuser(String version) throws Exception {
        TestCluster cluster = Recoveries.backedUp(version);
        Trap trap = Trap.of();
        try (Connection owner = cluster.connect()) {
            trap.plant(owner);
            for (String setting : new String[] {
                "search_path = public, pg_catalog",
                "standard_conforming_strings = off",
                "backslash_quote = on",
                "local_preload_libraries = '/nowhere'",
                "statement_timeout = '1ms'",
                "role = 'doadmin'"
            }) {
                Api.execute(owner, "alter database defaultdb set " + setting);
            }
            Api.execute(owner, "alter database defaultdb connection limit 0");
        }
        assertThat(Api.post(cluster.path("/users"), "{\"name\":\"passing\"}").statusCode())
                .isEqualTo(201);
        assertThat(Api.delete(cluster.path("/users/passing")).statusCode()).isEqualTo(204);
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":8}}")
                        .statusCode())
                .isEqualTo(200);
        var receipt = Recoveries.receipt(Recoveries.queued(cluster, "drills"));
        assertThat(receipt.getLong("operation.receipt.rows_read")).isGreaterThan(200);
        if (version.equals("15")) {
            Recoveries.restore(cluster, null).delete();
        }
        cluster.delete();
        trap.assertNotSprung();
    }

    /** Rows that are carried are written with the rights of the table's owner, there and on the way back. */
    @Test
    void anOnlineUpgradeAndItsUndoRunNothingOfUsersAsSuperuser() throws Exception {
        Assumptions.assumeTrue(
                Api.get("/v2/databases/options")
                        .jsonPath()
                        .getList("options.pg.upgrade_targets", String.class)
                        .contains("18"),
                "no pg_upgrade to 18 on this machine");
        TestCluster cluster = Recoveries.backedUp("16");
        Trap trap = Trap.of();
        try (Connection owner = cluster.connect()) {
            trap.plant(owner);
            // With it the upgrade would be a brief one.
            Api.execute(owner, "alter table public.t enable trigger loud");
            Api.execute(owner, "create schema mooring_upgrade");
        }
        AtomicBoolean over = new AtomicBoolean();
        Thread writing = Thread.ofVirtual().start(() -> {
            while (!over.get()) {
                try (Connection writer = cluster.connect()) {
                    for (int i = 0; !over.get(); i++) {
                        Api.execute(writer, "update public.t set w = " + i + " where id = " + (1 + i % 100));
                        Thread.sleep(20);
                    }
                } catch (SQLException closed) {
                    // While the doors are closed.
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        assertThat(Api.put(cluster.path("/upgrade"), "{\"version\":\"18\",\"method\":\"online\"}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(Upgraded.ended(cluster).getString("receipt.method")).isEqualTo("online");
        assertThat(Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo", "")
                        .statusCode())
                .isEqualTo(202);
        Upgraded.ended(cluster);
        over.set(true);
        writing.join();
        cluster.delete();
        trap.assertNotSprung();
    }
}
