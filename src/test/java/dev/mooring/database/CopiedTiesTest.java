package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A copy of a cluster does nothing to servers elsewhere that the original works with. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class CopiedTiesTest {

    @Inject
    LocalClusters clusters;

    /** Which rows come is told by the slot: whoever reads it first has them, and nobody else gets them. */
    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void aCopyTakesNothingFromTheOriginalsPublisher(String major) throws Exception {
        TestCluster publisher = Api.cluster(major);
        TestCluster original = Recoveries.backedUp(major);
        String there = "host=%s port=%d dbname=defaultdb user=doadmin password=%s sslmode=require sslcert=/nonexistent"
                .formatted(publisher.host(), publisher.port(), publisher.password());
        try (Connection source = publisher.connect();
                Connection superuser = superuser(publisher)) {
            Api.execute(superuser, "alter role doadmin replication");
            Api.execute(source, "create table t (id int primary key)");
            Api.execute(source, "create publication p for table t");
            try (Connection target = superuser(original)) {
                Api.execute(target, "create table t (id int primary key)");
                Api.execute(target, "grant all on t to public");
                Api.execute(
                        target,
                        "create subscription \"it's\" connection '" + there
                                + "' publication p with (slot_name = 'its')");
                Api.execute(target, "create extension postgres_fdw with schema public");
                Api.execute(target, "create extension dblink with schema public");
                Api.execute(
                        target,
                        "create server \"the other\" foreign data wrapper postgres_fdw options (host '"
                                + publisher.host() + "', hostaddr '127.0.0.1', port '" + publisher.port()
                                + "', dbname 'defaultdb', sslmode 'require', sslcert '/nonexistent')");
                Api.execute(target, "alter server \"the other\" owner to doadmin");
                Api.execute(
                        target,
                        "create user mapping for doadmin server \"the other\" options (user 'doadmin', password '"
                                + publisher.password() + "')");
                Api.execute(target, "grant usage on foreign server \"the other\" to doadmin");
                Api.execute(target, "create foreign table far (id int) server \"the other\" options (table_name 't')");
                Api.execute(target, "grant all on far to public");
            }
            Api.execute(source, "insert into t values (1)");
            awaitRows(original, "1");
            try (Connection admin = original.connect()) {
                assertThat(Api.query(admin, "select count(*) from far")).isEqualTo("1");
            }
            try (Connection owner = original.connect()) {
                // So much to read that a copy lives for a while.
                Api.execute(owner, "create table much as select repeat(i::text, 40) from generate_series(1, 200000) i");
            }
            Recoveries.receipt(Recoveries.queued(original, "drills"));
            assertNobodyElseAsked(publisher);
            TestCluster copy = Recoveries.restore(original, null);
            JsonPath receipt = receipt(copy);
            // Whoever took rows out of the slot now would keep them from the original.
            Api.execute(source, "insert into t select generate_series(2, 100)");
            awaitRows(original, "100");
            assertThat(copy.query("select count(*) from t")).isEqualTo("1");
            assertThat(copy.query("select concat_ws(' ', subenabled, subslotname) from pg_subscription"))
                    .isEqualTo("f");
            try (Connection admin = copy.connect()) {
                for (String sql : new String[] {
                    "insert into far values (0)",
                    "select * from public.dblink('the other', 'delete from t returning id') as d (id int)"
                }) {
                    assertThatThrownBy(() -> Api.execute(admin, sql)).hasMessageContaining("switched-off-in-this-copy");
                }
                assertThat(receipt.getList("operation.receipt.switched_off.kind"))
                        .containsExactly("subscription", "foreign server");
                assertThat(receipt.getList("operation.receipt.switched_off.database"))
                        .containsOnly("defaultdb");
                assertThat(receipt.getString("operation.receipt.switched_off[0].on"))
                        .isEqualTo(
                                "ALTER SUBSCRIPTION \"it's\" SET (slot_name = 'its'); ALTER SUBSCRIPTION \"it's\" ENABLE");
                // Its owner switches it on.
                Api.execute(admin, receipt.getString("operation.receipt.switched_off[1].on"));
                assertThat(Api.query(admin, "select count(*) from far")).isEqualTo("100");
            }
            try (Connection own = superuser(copy)) {
                // And what is dropped in the copy leaves the original's slot alone.
                Api.execute(own, "drop subscription \"it's\"");
            }
            assertThat(Api.query(source, "select slot_name from pg_replication_slots where slot_name = 'its'"))
                    .isEqualTo("its");
            assertThat(original.query("select subenabled from pg_subscription")).isEqualTo("t");
            assertNobodyElseAsked(publisher);
            copy.delete();
            try (Connection target = superuser(original)) {
                Api.execute(target, "drop subscription \"it's\"");
            }
        }
        original.delete();
        publisher.delete();
    }

    /** Whoever asks for the rows of a slot that another one has is refused, and the server's log has it. */
    private void assertNobodyElseAsked(TestCluster publisher) throws IOException {
        StringBuilder log = new StringBuilder();
        Path folder = clusters.folder(UUID.fromString(publisher.id())).log();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                log.append(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        assertThat(log.toString())
                .contains("starting logical decoding for slot \"its\"")
                .doesNotContain("replication slot \"its\" is active");
    }

    private static void awaitRows(TestCluster cluster, String count) {
        Awaitility.await(count + " rows")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> cluster.query("select count(*) from t"), count::equals);
    }

    private static JsonPath receipt(TestCluster cluster) {
        String operations = "/mooring/v1/operations?cluster_id=" + cluster.id();
        return Recoveries.receipt(
                Api.get(operations).jsonPath().getString("operations.find { it.kind == 'restore-cluster' }.id"));
    }

    private Connection superuser(TestCluster cluster) throws SQLException, IOException {
        Connection connection = clusters.open(
                clusters.folder(UUID.fromString(cluster.id())).manifest().orElseThrow(), "defaultdb");
        Api.execute(connection, "set search_path = public");
        return connection;
    }
}
