package dev.mooring.database.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is closed stays closed, whatever becomes of the cluster, until a person opens it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class TrustedSourcesLifeTest {

    private static final String OFFICE = "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.0/24\"}]}";

    @ParameterizedTest
    @Tag("once")
    @ValueSource(strings = {"13", "15", "18"})
    void aDeletedClusterComesBackClosedAndWithAllThatBelongsToIt(String major) throws Exception {
        TestCluster source = Recoveries.backedUp(major);
        String alias = Api.uniqueName() + ".example.com";
        String tag = Api.uniqueName();
        done(Api.post("/v2/tags", "{\"name\":\"" + tag + "\"}"));
        done(Api.post(
                "/v2/tags/" + tag + "/resources",
                "{\"resources\":[{\"resource_id\":\"" + source.id() + "\",\"resource_type\":\"database\"}]}"));
        done(Api.put(source.path("/do_settings"), "{\"do_settings\":{\"service_cnames\":[\"" + alias + "\"]}}"));
        done(Api.put(source.path("/maintenance"), "{\"day\":\"sunday\",\"hour\":\"03:00\"}"));
        done(Api.put(policy(source), "{\"retention_hours\":300,\"drill_hours\":400}"));
        done(Api.patch(source.path("/config"), "{\"config\":{\"work_mem\":7}}"));
        done(Api.put(source.path("/firewall"), OFFICE));
        closed(source);
        source.delete();
        Recoveries.awaitGone(source);
        TestCluster back = Recoveries.restore(source, null);
        closed(back);
        assertThat(sources(back)).containsExactly("192.0.2.0/24");
        JsonPath view = Api.get(back.path("")).jsonPath();
        assertThat(view.getList("database.tags")).isEqualTo(List.of(tag));
        assertThat(view.getList("database.do_settings.service_cnames")).isEqualTo(List.of(alias));
        assertThat(view.getString("database.maintenance_window.day")).isEqualTo("sunday");
        assertThat(view.getString("database.maintenance_window.hour")).isEqualTo("03:00:00");
        JsonPath policy = Api.get(policy(back)).jsonPath();
        assertThat(policy.getInt("backup_policy.retention_hours")).isEqualTo(300);
        assertThat(policy.getInt("backup_policy.drill_hours")).isEqualTo(400);
        assertThat(Api.get(back.path("/config")).jsonPath().getInt("config.work_mem"))
                .isEqualTo(7);
        back.delete();
    }

    @Test
    @Tag("once")
    void aForkIsAsClosedAsItsSourceUnlessItsOwnerNamesOthers() throws Exception {
        TestCluster source = Recoveries.backedUp("16");
        done(Api.put(
                source.path("/do_settings"),
                "{\"do_settings\":{\"service_cnames\":[\"" + Api.uniqueName() + ".example.com\"]}}"));
        done(Api.put(source.path("/firewall"), OFFICE));
        // Some clients send an empty list for what they do not set.
        TestCluster fork = fork(source, "[]");
        closed(fork);
        assertThat(sources(fork)).containsExactly("192.0.2.0/24");
        assertThat(Api.get(fork.path("/do_settings")).jsonPath().getList("do_settings.service_cnames"))
                .as("its source goes by them")
                .isEmpty();
        TestCluster other = fork(source, "[{\"type\":\"ip_addr\",\"value\":\"127.0.0.0/8\"}]");
        assertThat(other.query("select 1")).isEqualTo("1");
        done(Api.put(fork.path("/firewall"), "{\"rules\":[]}"));
        assertThat(fork.query("select 1")).as("opened by a person").isEqualTo("1");
        // Loopback is where apps connect from, and this one is not there.
        String gone = "{\"rules\":[{\"type\":\"app\",\"value\":\"" + java.util.UUID.randomUUID() + "\"}]}";
        done(Api.put(source.path("/firewall"), gone));
        TestCluster last = fork(source, "null");
        closed(last);
        assertThat(sources(last)).containsExactly("255.255.255.255/32");
        List.of(source, fork, other, last).forEach(TestCluster::delete);
    }

    @Test
    void sourcesThatMooringCannotKnowCloseToo() {
        TestCluster cluster = Api.cluster("16");
        for (String type : List.of("droplet", "k8s", "tag")) {
            done(Api.put(cluster.path("/firewall"), "{\"rules\":[{\"type\":\"" + type + "\",\"value\":\"some\"}]}"));
            closed(cluster);
        }
        // What is refused on the way puts back what was there.
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"default_toast_compression\":\"lz4\"}}")
                        .statusCode())
                .isEqualTo(422);
        closed(cluster);
        assertThat(sources(cluster)).containsExactly("some");
        kindsSideBySide(cluster);
        cluster.delete();
    }

    /** Each is given back as it came, keeps its id, and lets in whom it names, and nobody else does. */
    private static void kindsSideBySide(TestCluster cluster) {
        String all = """
                {"rules":[{"type":"droplet","value":"163973392","description":"the build server"},{"type":"k8s",
                 "value":"ff2a6c52-5a44-4b63-b99c-0e98e7a63d61"},{"type":"tag","value":"127.0.0.1"},
                 {"type":"ip_addr","value":"127.0.0.5"},{"type":"tag","value":"backend","description":"web servers"}]}""";
        done(Api.put(cluster.path("/firewall"), all));
        JsonPath rules = Api.get(cluster.path("/firewall")).jsonPath();
        assertThat(rules.getList("rules.type")).isEqualTo(List.of("droplet", "k8s", "tag", "ip_addr", "tag"));
        assertThat(rules.getString("rules[0].description")).isEqualTo("the build server");
        assertThat(rules.getString("rules[1].description")).isNull();
        closed(cluster);
        assertThat(comesIn(cluster, "127.0.0.5")).isTrue();
        assertThat(comesIn(cluster, "127.0.0.6")).isFalse();
        // A client that knows nothing of descriptions; the address goes, so that nobody is left.
        done(Api.put(cluster.path("/firewall"), """
                {"rules":[{"type":"tag","value":"backend"},{"type":"droplet","value":"163973392"}]}"""));
        JsonPath fewer = Api.get(cluster.path("/firewall")).jsonPath();
        assertThat(fewer.getList("rules.description")).isEqualTo(List.of("web servers", "the build server"));
        assertThat(fewer.getString("rules[0].uuid")).isEqualTo(rules.getString("rules[4].uuid"));
        assertThat(fewer.getString("rules[0].created_at")).isEqualTo(rules.getString("rules[4].created_at"));
        assertThat(comesIn(cluster, "127.0.0.5")).isFalse();
    }

    private static boolean comesIn(TestCluster cluster, String from) {
        Properties properties = new Properties();
        properties.setProperty("user", "doadmin");
        properties.setProperty("password", cluster.password());
        properties.setProperty("sslmode", "require");
        properties.setProperty("localSocketAddress", from);
        try (Connection connection = DriverManager.getConnection(
                "jdbc:postgresql://" + cluster.host() + ":" + cluster.port() + "/defaultdb", properties)) {
            return Api.query(connection, "select host(inet_client_addr())").equals(from);
        } catch (SQLException refused) {
            assertThat(refused.getMessage()).contains("no pg_hba.conf entry");
            return false;
        }
    }

    private static TestCluster fork(TestCluster source, String rules) {
        String body = Recoveries.body(Api.uniqueName(), source.name(), null);
        Response created = Api.post("/v2/databases", body.replaceFirst("\\{", "{\"rules\":" + rules + ","));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        TestCluster fork = TestCluster.of(created.jsonPath());
        fork.awaitOnline();
        return fork;
    }

    private static void closed(TestCluster cluster) {
        assertThatThrownBy(() -> cluster.connect().close()).hasMessageContaining("no pg_hba.conf entry");
    }

    private static List<String> sources(TestCluster cluster) {
        return Api.get(cluster.path("/firewall")).jsonPath().getList("rules.value");
    }

    private static String policy(TestCluster cluster) {
        return "/mooring/v1/databases/" + cluster.id() + "/backup-policy";
    }

    private static void done(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 204);
    }
}
