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
import java.util.stream.IntStream;
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
