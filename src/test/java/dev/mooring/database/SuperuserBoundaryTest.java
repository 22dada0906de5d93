package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import dev.mooring.support.Trap;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that somebody plants in a database of theirs ever runs as superuser, whatever Mooring is asked to do with it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SuperuserBoundaryTest {

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

    /** An online upgrade keeps notes in a schema of its own. Somebody else's of the same name is refused, and left as it is. */
    @Test
    void aSchemaThatLooksLikeMooringsIsDataOfSomebodyElse() throws Exception {
        TestCluster cluster = Recoveries.backedUp("15");
        Trap trap = Trap.of();
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "create table public.t (id int primary key)");
            Api.execute(owner, "create schema mooring_upgrade");
            Api.execute(owner, "create table mooring_upgrade.identity (name text primary key, was text not null)");
            Api.execute(
                    owner,
                    "insert into mooring_upgrade.identity values ('public.t', 'default; "
                            + trap.program().replace("'", "''") + "')");
        }
        String refused = Api.put(cluster.path("/upgrade"), "{\"version\":\"16\",\"method\":\"online\"}")
                .asString();
        assertThat(refused).contains("defaultdb", "schema mooring_upgrade", "rename it");
        assertThat(cluster.query("select count(*) from mooring_upgrade.identity"))
                .isEqualTo("1");
        cluster.delete();
        trap.assertNotSprung();
    }
}
