package dev.mooring.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cluster that let an app in does not let everybody in because the app goes. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AppTrustTest {

    private static final String NOBODY = "255.255.255.255/32";

    @ParameterizedTest
    @ValueSource(strings = {"13", "18"})
    void anAppThatIsDeletedLeavesItsClusterClosed(String major) throws Exception {
        TestCluster cluster = Api.cluster(major);
        AppApi.TestApp app = attached(AppApi.uniqueName(), cluster);
        trust(app, true);
        assertThat(cluster.query("select 1")).isEqualTo("1");
        app.delete();
        awaitClosed(cluster);
        assertThat(Api.get(cluster.path("/firewall")).jsonPath().getString("rules[0].description"))
                .contains("the app " + app.id(), "has gone");
        // Nothing but the list of sources opens it.
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":7}}")
                        .statusCode())
                .isEqualTo(200);
        closed(cluster);
        assertThat(Api.put(cluster.path("/firewall"), "{\"rules\":[]}").statusCode())
                .isEqualTo(204);
        assertThat(cluster.query("show work_mem")).isEqualTo("7MB");
        cluster.delete();
    }

    @Test
    void anAppThatIsSwitchedOffOrMovesAwayLeavesItsClusterClosed() throws Exception {
        TestCluster cluster = Api.cluster("16");
        TestCluster other = Api.cluster("16");
        String name = AppApi.uniqueName();
        AppApi.TestApp app = attached(name, cluster);
        trust(app, true);
        trust(app, false);
        assertThat(sources(cluster)).containsExactly(NOBODY);
        closed(cluster);
        // The next deployment adds the app to a cluster that is closed, as it does to one that trusts others.
        assertThat(app.put(spec(name, cluster, "8081")).statusCode()).isEqualTo(200);
        app.awaitActive();
        assertThat(sources(cluster)).containsExactly(app.id());
        assertThat(cluster.query("select 1")).isEqualTo("1");
        assertThat(app.put(spec(name, other, "8081")).statusCode()).isEqualTo(200);
        app.awaitActive();
        awaitClosed(cluster);
        app.delete();
        cluster.delete();
        other.delete();
    }

    /** Terraform and pipelines replace the list with what they know, and do not know what has been deployed meanwhile. */
    @Test
    void anAppThatIsAttachedStaysInAListThatDoesNotNameIt() throws Exception {
        TestCluster cluster = Api.cluster("16");
        String name = AppApi.uniqueName();
        replace(cluster, "192.0.2.1");
        AppApi.TestApp app = attached(name, cluster);
        assertThat(sources(cluster)).containsExactly("192.0.2.1", app.id());
        assertThat(Api.get(cluster.path("/firewall")).jsonPath().getList("rules.attached"))
                .containsExactly(null, true);
        replace(cluster, "192.0.2.2");
        assertThat(sources(cluster)).containsExactly("192.0.2.2", app.id());
        assertThat(cluster.query("select 1")).isEqualTo("1");
        assertThat(Api.post(
                                "/mooring/v1/databases/" + cluster.id() + "/firewall/check",
                                "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.3\"}]}")
                        .jsonPath()
                        .getInt("firewall_check.ending_sessions"))
                .isZero();
        // Opened and closed again by somebody who does not know of it.
        replace(cluster);
        assertThat(sources(cluster)).isEmpty();
        replace(cluster, "192.0.2.3");
        assertThat(sources(cluster)).containsExactly("192.0.2.3", app.id());
        assertThat(cluster.query("select 1")).isEqualTo("1");
        // Its own switch takes it out, and what a person has named is the person's.
        trust(app, false);
        replace(cluster, "192.0.2.4");
        assertThat(sources(cluster)).containsExactly("192.0.2.4");
        closed(cluster);
        assertThat(Api.put(cluster.path("/firewall"), "{\"rules\":[{\"type\":\"app\",\"value\":\"" + app.id() + "\"}]}")
                        .statusCode())
                .isEqualTo(204);
        replace(cluster, "192.0.2.5");
        assertThat(sources(cluster)).containsExactly("192.0.2.5");
        trust(app, true);
        app.delete();
        Awaitility.await("the app has gone")
                .atMost(Duration.ofSeconds(30))
                .until(() -> sources(cluster).equals(List.of("192.0.2.5")));
        replace(cluster, "192.0.2.6");
        assertThat(sources(cluster)).containsExactly("192.0.2.6");
        cluster.delete();
    }

    /** Each of them waits for a change of the cluster, which is an operation like they are. */
    @Tag("once")
    @Test
    void moreDeploymentsAtOnceThanThereAreSlotsStandInNobodysWay() throws Exception {
        TestCluster cluster = Api.cluster("16");
        String machine = "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"127.0.0.1\"}]}";
        assertThat(Api.put(cluster.path("/firewall"), machine).statusCode()).isEqualTo(204);
        List<AppApi.TestApp> apps = IntStream.range(0, 17)
                .parallel()
                .mapToObj(i -> AppApi.created(spec(AppApi.uniqueName(), cluster, "8080")))
                .toList();
        // Whoever wants something else meanwhile gets it.
        Instant begin = Instant.now();
        Api.cluster("16").delete();
        assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(20));
        apps.forEach(AppApi.TestApp::awaitActive);
        assertThat(sources(cluster))
                .containsAll(apps.stream().map(AppApi.TestApp::id).toList())
                .hasSize(18);
        assertThat(cluster.query("select 1")).isEqualTo("1");
        cluster.delete();
        apps.parallelStream().forEach(AppApi.TestApp::delete);
    }

    private static void replace(TestCluster cluster, String... addresses) {
        String rules = Stream.of(addresses)
                .map(address -> "{\"type\":\"ip_addr\",\"value\":\"" + address + "\"}")
                .collect(Collectors.joining(","));
        assertThat(Api.put(cluster.path("/firewall"), "{\"rules\":[" + rules + "]}")
                        .statusCode())
                .isEqualTo(204);
    }

    private static AppApi.TestApp attached(String name, TestCluster cluster) {
        AppApi.TestApp app = AppApi.created(spec(name, cluster, "8080"));
        app.awaitActive();
        return app;
    }

    private static String spec(String name, TestCluster cluster, String port) {
        return """
                {"name":"%s","region":"nyc",
                 "services":[{"name":"web","git":{"repo_clone_url":"https://example.com/x.git","branch":"main"},"http_port":%s}],
                 "databases":[{"name":"db","engine":"PG","production":true,"cluster_name":"%s"}]}""".formatted(name, port, cluster.name());
    }

    private static void trust(AppApi.TestApp app, boolean enable) {
        assertThat(Api.post(app.path("/components/db/trusted_sources"), "{\"enable\":" + enable + "}")
                        .statusCode())
                .isEqualTo(200);
    }

    private static List<String> sources(TestCluster cluster) {
        return Api.get(cluster.path("/firewall")).jsonPath().getList("rules.value");
    }

    private static void awaitClosed(TestCluster cluster) {
        Awaitility.await("the app is no trusted source any more")
                .atMost(Duration.ofSeconds(30))
                .until(() -> sources(cluster).equals(List.of(NOBODY)));
        // The rows come first, the server a moment later.
        Awaitility.await("closed").atMost(Duration.ofSeconds(10)).untilAsserted(() -> closed(cluster));
    }

    private static void closed(TestCluster cluster) {
        assertThatThrownBy(() -> cluster.connect().close()).hasMessageContaining("no pg_hba.conf entry");
    }
}
