package dev.mooring.database.upgrade;

import static dev.mooring.database.upgrade.Upgrading.awaitSomebodyIsWaitedFor;
import static dev.mooring.database.upgrade.Upgrading.begin;
import static dev.mooring.database.upgrade.Upgrading.failed;
import static dev.mooring.database.upgrade.Upgrading.reachable;
import static dev.mooring.database.upgrade.Upgrading.run;
import static dev.mooring.database.upgrade.Upgrading.server;
import static dev.mooring.database.upgrade.Upgrading.undo;
import static dev.mooring.database.upgrade.Upgrading.upgrade;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an upgrade or its undo cannot carry is told before anything is changed. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class UpgradeRefusalTest {

    @Test
    @Tag("once")
    void whatOnlineCannotCarryMakesItBriefAndItsUndoNamesWhatItWouldLose() throws Exception {
        TestCluster cluster = Recoveries.backedUp("13");
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table things (id int primary key)");
            Api.execute(connection, "create unlogged table loose as select generate_series(1, 5) as a");
            Api.execute(connection, "insert into things values (1)");
            Api.execute(connection, "create table emptied as select 1 as a");
            Api.execute(connection, "create sequence numbers");
            Api.execute(connection, "select nextval('numbers')");
        }
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"max_prepared_transactions\":5}}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(Api.post(cluster.path("/users"), "{\"name\":\"leaver\"}").statusCode())
                .isEqualTo(201);
        String left = Api.get(cluster.path("/users/leaver")).jsonPath().getString("user.password");
        String undo = undo(cluster);
        try (Connection open = cluster.connect()) {
            open.setAutoCommit(false);
            Api.execute(open, "insert into things values (10)");
            begin(cluster, "{\"version\": \"15\"}");
            awaitSomebodyIsWaitedFor(cluster);
            Api.execute(open, "delete from things where id = 10");
            open.commit();
        }
        JsonPath first = Upgraded.ended(cluster);
        assertThat(first.getInt("receipt.transactions_ended")).isZero();
        assertThat(first.getString("receipt.method")).isEqualTo("brief");
        assertThat(first.getString("receipt.method_reason")).contains("not online", "PostgreSQL 15 applies");
        run(cluster, "select nextval('numbers')");
        run(cluster, "alter database defaultdb connection limit 17");
        assertThat(Api.post(undo, "").statusCode()).isEqualTo(202);
        Upgraded.ended(cluster);
        assertThat(server(cluster)).as("nothing was written, nothing is lost").isEqualTo("13");
        assertThat(cluster.query("select nextval('numbers') || ' ' || datconnlimit from pg_database where datname ="
                        + " 'defaultdb'"))
                .as("given once, and as it was changed")
                .isEqualTo("3 17");
        try (Connection open = cluster.connect()) {
            open.setAutoCommit(false);
            Api.execute(open, "insert into things values (20)");
            JsonPath second =
                    upgrade(cluster, "{\"version\": \"15\", \"method\": \"brief\", \"end_transactions\": true}");
            assertThat(second.getInt("receipt.transactions_ended")).isEqualTo(1);
            assertThat(second.getString("receipt.transactions_ended_of")).contains("doadmin");
        }
        if (reachable().contains("18")) {
            var refused = Api.put(cluster.path("/upgrade"), "{\"version\": \"18\", \"method\": \"online\"}");
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
            assertThat(refused.asString()).contains("public.loose in defaultdb");
        }
        run(cluster, "truncate emptied");
        assertThat(Api.post(undo, "").statusCode()).isEqualTo(202);
        assertThat(failed(cluster)).contains("public.emptied in defaultdb (truncated or rewritten)", "discard=true");
        try (Connection connection = cluster.connect()) {
            connection.setAutoCommit(false);
            Api.execute(connection, "insert into emptied values (2)");
            Api.execute(connection, "prepare transaction 'undecided'");
        }
        run(cluster, "insert into things values (2)");
        TestCluster restored = Recoveries.restore(cluster, null);
        assertThat(server(restored)).as("what the new version has archived").isEqualTo("15");
        assertThat(restored.query("select count(*) from things")).isEqualTo("2");
        restored.delete();
        assertThat(Api.post(undo, "").statusCode()).isEqualTo(202);
        assertThat(failed(cluster))
                .contains(
                        "public.things in defaultdb",
                        "the prepared transaction undecided in defaultdb",
                        "discard=true");
        assertThat(server(cluster)).isEqualTo("15");
        assertThat(Api.delete(cluster.path("/users/leaver")).statusCode()).isEqualTo(204);
        assertThat(Api.post(undo + "?discard=true", "").statusCode()).isEqualTo(202);
        Upgraded.ended(cluster);
        assertThat(server(cluster)).isEqualTo("13");
        assertThat(cluster.query("select string_agg(id::text, ',') from things"))
                .isEqualTo("1");
        assertThat(cluster.query("select count(*) from loose")).isEqualTo("5");
        assertThat(cluster.query("select count(*) from emptied")).isEqualTo("1");
        assertThatThrownBy(() -> cluster.connect("leaver", left, "defaultdb"))
                .as("deleted since, and not back with the server of before")
                .isInstanceOf(SQLException.class);
        run(cluster, "insert into things values (3)");
        cluster.delete();
    }

    @Test
    @Tag("once")
    void whatThePgUpgradeOfACopyRefusesIsToldBeforeAnythingIsChanged() throws Exception {
        TestCluster cluster = Api.cluster("13");
        run(cluster, "create table numbered (f regproc)");
        run(cluster, "create publication mooring_undo_mine for table numbered");
        String body = "{\"version\": \"15\", \"method\": \"brief\"}";
        var refused = Api.post("/mooring/v1/databases/" + cluster.name() + "/upgrade/check", body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString())
                .contains(
                        "public.numbered column f of type regproc",
                        "publication mooring_undo_mine in defaultdb",
                        "Nothing was changed");
        run(cluster, "drop table numbered");
        run(cluster, "drop publication mooring_undo_mine");
        run(cluster, "create function twice(int) returns int language sql immutable as 'select $1 * 2'");
        run(cluster, "create operator public.!!! (leftarg = int, function = twice)");
        refused = Api.put(cluster.path("/upgrade"), body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("postfix", "!!!", "Nothing was changed");
        run(cluster, "drop operator public.!!! (int, none)");
        run(
                cluster,
                "create aggregate public.collected (anyelement) (sfunc = array_append, stype = anyarray, initcond = '{}')");
        refused = Api.put(cluster.path("/upgrade"), body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("anyarray", "collected", "Nothing was changed");
        run(cluster, "drop aggregate public.collected (anyelement)");
        run(cluster, "create function four(int) returns int language sql immutable as 'select twice(twice($1))'");
        run(cluster, "create table foured (a int)");
        run(cluster, "create index on foured (four(a))");
        refused = Api.put(cluster.path("/upgrade"), body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("twice(integer)", "set search_path", "Nothing was changed");
        assertThat(cluster.status()).isEqualTo("online");
        assertThat(server(cluster)).isEqualTo("13");
        assertThat(cluster.query("select count(*) from pg_replication_slots where slot_name ~ 'copy'"))
                .isEqualTo("0");
        Path folder = MooringHome.configured().cluster(UUID.fromString(cluster.id()));
        try (var left = Files.list(folder)) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.matches("(copy|new)-.*"));
        }
        cluster.delete();
    }
}
