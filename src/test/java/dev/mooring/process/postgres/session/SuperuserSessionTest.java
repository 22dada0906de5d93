package dev.mooring.process.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the owner of a database sets and plants is nothing to a superuser session in it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SuperuserSessionTest {

    /** What keeps sessions out, ends them, makes them somebody else, or changes what SQL means. */
    private static final List<String> HOSTILE = List.of(
            "search_path = public, pg_catalog",
            "role = 'doadmin'",
            "session_authorization = 'doadmin'",
            "standard_conforming_strings = off",
            "backslash_quote = on",
            "transform_null_equals = on",
            "array_nulls = off",
            "quote_all_identifiers = on",
            "default_transaction_read_only = on",
            "default_transaction_isolation = 'serializable'",
            "default_transaction_deferrable = on",
            "statement_timeout = 1",
            "lock_timeout = 1",
            "idle_in_transaction_session_timeout = 1",
            "row_security = off",
            "client_encoding = 'LATIN1'",
            "datestyle = 'SQL, DMY'",
            "intervalstyle = 'iso_8601'",
            "bytea_output = 'escape'",
            "extra_float_digits = -15",
            "timezone = 'Asia/Kolkata'",
            "default_table_access_method = 'none'",
            "local_preload_libraries = '/nowhere'",
            "debug_print_parse = on");

    /** Of younger versions. */
    private static final List<String> LATER = List.of("idle_session_timeout = 1", "transaction_timeout = 1");

    private static final String STATE =
            "select concat_ws('|', current_user, session_user, current_setting('search_path'),"
                    + " current_setting('standard_conforming_strings'), current_setting('statement_timeout'),"
                    + " current_setting('transaction_read_only'), current_setting('transaction_isolation'),"
                    + " current_setting('local_preload_libraries'), current_setting('client_encoding'),"
                    + " current_setting('datestyle'), quote_ident('A'), format('%s', 1), null = null)";

    private static final String AS_IT_SHOULD_BE =
            "postgres|postgres|pg_catalog,pg_temp|on|0|off|read committed||UTF8|ISO, MDY|\"A\"|1";

    private static final String FETCHING =
            "select string_agg(distinct usename, ',') from pg_stat_activity where backend_type = 'walsender'";

    @Inject
    LocalClusters clusters;

    private Connection superuser(TestCluster cluster) throws SQLException, IOException {
        return clusters.open(
                clusters.folder(UUID.fromString(cluster.id())).manifest().orElseThrow(), "defaultdb");
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void itIsAsMooringWantsIt(String version) throws Exception {
        TestCluster cluster = Api.cluster(version);
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"other\"}").statusCode())
                .isEqualTo(201);
        List<String> taken = new ArrayList<>();
        try (Connection owner = cluster.connect();
                Statement statement = owner.createStatement()) {
            for (String trap : List.of(
                    "create function public.trap() returns text language plpgsql as"
                            + " $$ begin raise exception 'caught %', current_user; end $$",
                    "create function public.quote_ident(text) returns text language sql as 'select public.trap()'",
                    "create function public.quote_ident(name) returns text language sql as 'select public.trap()'",
                    "create function public.format(text, int) returns text language sql as 'select public.trap()'",
                    "create function public.equal(name, name) returns bool language sql as 'select public.trap() is null'",
                    "create operator public.= (function = public.equal, leftarg = name, rightarg = name)")) {
                statement.execute(trap);
            }
            // A session once opened stays as it is, so that the settings below do not keep this one from making more of
            // them.
            for (String setting : concat(HOSTILE, LATER)) {
                for (String whom : List.of("database defaultdb", "role all in database defaultdb")) {
                    try {
                        statement.execute("alter " + whom + " set " + setting);
                        taken.add(setting);
                    } catch (SQLException refused) {
                        assertThat(refused.getSQLState())
                                .as(setting + ": %s", refused.getMessage())
                                .isIn("42704", "42501", "22023");
                    }
                }
            }
        }
        assertThat(taken).as("what the owner could set").contains(HOSTILE.getFirst(), "statement_timeout = 1");
        try (Connection connection = superuser(cluster)) {
            assertThat(Api.query(connection, STATE)).as(version).isEqualTo(AS_IT_SHOULD_BE);
            Api.execute(connection, "select pg_sleep(0.02)");
            Api.execute(connection, "reset all");
            Api.execute(connection, "set session characteristics as transaction isolation level read committed");
            assertThat(Api.query(connection, STATE)).as("after a reset").isEqualTo(AS_IT_SHOULD_BE);
            assertThat(Api.query(connection, "select count(*) from pg_database where datname = 'defaultdb'"))
                    .isEqualTo("1");
        }
        theArchiveHasARoleOfItsOwn(cluster);
        cluster.delete();
    }

    /** The role that fetches the WAL can replicate and nothing else, nobody else logs in as it, and it comes back when it is gone. */
    private void theArchiveHasARoleOfItsOwn(TestCluster cluster) throws Exception {
        String archive = ServiceRole.ARCHIVE.roleName();
        try (Connection connection = superuser(cluster)) {
            if (!ServerRoles.replicationIsSafe(connection)) {
                // Whoever makes roles could grant it to himself, and with it the machine.
                assertThat(Api.query(connection, FETCHING)).isEqualTo("postgres");
                assertThat(Api.query(connection, "select count(*) from pg_roles where rolreplication and not rolsuper"))
                        .isEqualTo("0");
                return;
            }
            assertThat(Api.query(connection, FETCHING)).isEqualTo(archive);
            assertThat(Api.query(
                            connection,
                            "select concat_ws('|', rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication) from"
                                    + " pg_roles where rolname = '" + archive + "'"))
                    .isEqualTo("f|f|f|f|t");
            // On a database without what is set above, where the administrator is who it is.
            try (Connection owner = cluster.connect("doadmin", cluster.password(), "other")) {
                assertThatThrownBy(() -> Api.execute(owner, "alter role " + archive + " password 'mine'"))
                        .hasFieldOrPropertyWithValue("SQLState", "42501");
            }
            Api.execute(connection, "alter role " + archive + " rename to gone");
            Api.execute(
                    connection,
                    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'");
            Awaitility.await("the archive")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> archive.equals(Api.query(connection, FETCHING)));
        }
    }

    private static List<String> concat(List<String> some, List<String> more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }
}
