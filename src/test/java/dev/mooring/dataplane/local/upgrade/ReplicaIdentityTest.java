package dev.mooring.dataplane.local.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.upgrade.server.ReplicaIdentity;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Map.Entry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as an identity, beside what a server refuses. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class ReplicaIdentityTest {

    private static final int FIRST_THAT_REFUSES = 18;

    /** Columns, and what is done to the table; each has a column a. */
    private static final Map<String, Entry<String, String>> TABLES = Map.ofEntries(
            table("keyed", "a int primary key, b text", ""),
            table("beside_computed", "a int primary key, b int generated always as (a * 2) stored", ""),
            table("by_computed", "a int, b int generated always as (a * 2) stored primary key", ""),
            table("partly", "a int, b int generated always as (a * 2) stored, primary key (a, b)", ""),
            table("by_index", "a int not null, b int, constraint by unique (a)", "using index by"),
            table(
                    "by_computed_index",
                    "a int, b int generated always as (a * 2) stored not null, constraint byc unique (b)",
                    "using index byc"),
            table("put_off", "a int primary key deferrable", ""),
            table("keyless", "a int", ""),
            table("nothing", "a int primary key", "nothing"),
            table("whole", "a int, b varchar(9), c date[], d inet, e jsonb, f name, g int4range", "full"),
            table("whole_json", "a int, b json", "full"),
            table("whole_points", "a int, b point[]", "full"),
            table("whole_computed", "a int, b int generated always as (a * 2) stored", "full"));

    private static final Map<String, Entry<String, String>> OF_18 = Map.ofEntries(
            table("beside_virtual", "a int primary key, b int generated always as (a * 2) virtual", ""),
            table("whole_virtual", "a int, b int generated always as (a * 2) virtual", "full"));

    private static Entry<String, Entry<String, String>> table(String name, String columns, String identity) {
        return Map.entry(name, Map.entry(columns, identity));
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "16", "18"})
    void noServerRefusesChangesOfWhatIsPublished(String version) throws Exception {
        int major = Integer.parseInt(version);
        TestCluster cluster = Api.cluster(version);
        try (Connection owner = cluster.connect()) {
            check(owner, TABLES, major);
            if (major >= FIRST_THAT_REFUSES) {
                check(owner, OF_18, major);
            }
        }
        cluster.delete();
    }

    private static void check(Connection owner, Map<String, Entry<String, String>> tables, int major)
            throws SQLException {
        for (Entry<String, Entry<String, String>> table : tables.entrySet()) {
            String name = table.getKey();
            Api.execute(owner, "create table " + name + " (" + table.getValue().getKey() + ")");
            Api.execute(owner, "insert into " + name + " (a) values (1), (2)");
            if (!table.getValue().getValue().isEmpty()) {
                Api.execute(
                        owner,
                        "alter table " + name + " replica identity "
                                + table.getValue().getValue());
            }
            boolean usable = Api.query(
                            owner,
                            "select " + ReplicaIdentity.usable(major) + " from pg_class c where c.relname = '" + name
                                    + "'")
                    .equals("t");
            Api.execute(owner, "create publication p for table " + name + " with (publish = 'update, delete')");
            boolean done = done(owner, "update " + name + " set a = 3 where a = 1")
                    && done(owner, "delete from " + name + " where a = 2");
            Api.execute(owner, "drop publication p");
            assertThat(usable).as("%s in %s", name, major).isEqualTo(done && found(name));
        }
    }

    private static boolean done(Connection owner, String change) {
        try {
            Api.execute(owner, change);
            return true;
        } catch (SQLException refused) {
            assertThat(refused.getMessage()).containsPattern("cannot (update|delete from) table");
            return false;
        }
    }

    /** Whether a subscriber can look for its rows: by columns that come to it, and have an equality. */
    private static boolean found(String name) {
        return !name.matches("by_computed.*|partly|whole_(json|points)");
    }
}
