package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.app.AppApi;
import dev.mooring.app.AppApi.TestApp;
import dev.mooring.app.deployment.HandoverWatch;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Apps that somebody else runs on Kubernetes: what they are given, and that their pods come to their databases and no others do. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesAppTest.Profile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesAppTest extends KubernetesScene {

    private static final String PODS = "10.244.0.0/16";

    public static class Profile extends KubernetesGround.Profile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = new HashMap<>(super.getConfigOverrides());
            settings.put("mooring.apps.runtime", "kubernetes");
            settings.put("mooring.apps.networks", PODS);
            return settings;
        }
    }

    @Inject
    HandoverWatch watch;

    @Test
    void anAppIsGivenTheVariablesOfItsComponentsAndComesToItsCluster() throws Exception {
        TestCluster cluster = create(1);
        accepted(Api.post(cluster.path("/users"), json("name", "app")));
        accepted(Api.post(cluster.path("/dbs"), json("name", "shop")));
        accepted(Api.put(cluster.path("/firewall"), "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.1\"}]}"));
        String name = AppApi.uniqueName();
        whatNoSecretCanHoldIsRefused(name);
        List<Program> programs = new ArrayList<>(List.of(Program.of("deploy-app"), Program.of("remove-app")));
        programs.addAll(programs(program -> true));
        try (EveryStepTwice twice = new EveryStepTwice(programs)) {
            TestApp app = AppApi.created(spec(name, cluster, "mailer"));
            app.awaitActive();
            whatToReferToIsTold(app);
            Map<String, String> web = secret(app, "web");
            assertThat(web)
                    .containsOnlyKeys("DATABASE_URL", "CA", "GREETING", "POOL", "SHARED")
                    .containsEntry("GREETING", "hello")
                    .containsEntry("SHARED", "of all")
                    .containsEntry("CA", server.authority())
                    .containsEntry("POOL", "${db.backend.DATABASE_URL}");
            assertThat(web.get("DATABASE_URL"))
                    .isEqualTo("postgresql://app:" + password(cluster, "app") + "@" + cluster.host()
                            + ":5432/shop?sslmode=require");
            assertThat(secret(app, "mailer")).containsOnlyKeys("SHARED", "HOST").containsEntry("HOST", cluster.host());
            assertThat(secret(app, "migrate")).containsEntry("SHARED", "of all");
            theAppsOwnPodsComeAndNoOthers(cluster, app);
            whatChangesIsBroughtToIt(cluster, app);
            whatSomebodyDoesToASecretIsPutRight(app);

            whatWasGivenUpLeavesNothing(name, cluster, app);
            accepted(Api.post("/v2/apps/" + app.id() + "/deployments", "{}"));
            app.awaitActive();
            assertThat(secret(app, "mailer")).as("of a component that is gone").isNull();
            assertThat(secret(app, "sender")).containsKey("HOST");

            app.delete();
            awaitGone(app);
            assertThat(secrets(app)).isEmpty();
            assertThat(ingress(cluster)).doesNotContain(app.id());
            Awaitility.await("nobody comes any more")
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> theServerRejects(cluster));
            assertThat(twice.left(programs.getFirst()))
                    .containsExactly("QUEUE", "DATABASES", "TRUSTED_SOURCES", "VARIABLES", "FINISH", "ROLL_BACK");
            everyStep(twice, List.of(programs.get(1)));
        } finally {
            operator.objects().of(TestObjects.PODS).withName("own").delete();
        }
        destroy(cluster);
    }

    @Test
    void anAppHasADevDatabaseOfItsOwn() throws Exception {
        TestApp app = AppApi.created("""
                {"name":"%s","region":"nyc","databases":[{"name":"db","engine":"PG","version":"17"}],
                 "services":[{"name":"web","image":{"registry_type":"DOCKER_HUB","repository":"web","tag":"1"},
                   "envs":[{"key":"DATABASE_URL","value":"${db.DATABASE_URL}"},{"key":"PASSWORD","value":"${db.PASSWORD}"}]}]}""".formatted(AppApi.uniqueName()));
        app.awaitActive();
        Map<String, String> web = secret(app, "web");
        assertThat(web.get("DATABASE_URL")).startsWith("postgresql://db:" + web.get("PASSWORD") + "@pg-");
        assertThatThrownBy(() -> server.open("db", "db", web.get("PASSWORD")).close())
                .hasMessageContaining("pg_hba.conf rejects");
        pod("own", app.id());
        try {
            Awaitility.await("the app comes in")
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThatCode(() ->
                                    server.open("db", "db", web.get("PASSWORD")).close())
                            .doesNotThrowAnyException());
            assertThat(server.list("select datname from pg_database where not datistemplate"))
                    .containsExactlyInAnyOrder("postgres", "db");

            JsonPath reset = accepted(Api.post("/v2/apps/" + app.id() + "/components/db/reset_password", "{}"))
                    .jsonPath();
            app.ended(reset.getString("deployment.id"));
            assertThat(secret(app, "web").get("PASSWORD")).isNotEqualTo(web.get("PASSWORD"));
            server.open("db", "db", secret(app, "web").get("PASSWORD")).close();
        } finally {
            operator.objects().of(TestObjects.PODS).withName("own").delete();
        }
        app.delete();
        awaitGone(app);
        assertThat(secrets(app)).isEmpty();
        Awaitility.await("the database is gone")
                .atMost(Duration.ofSeconds(30))
                .until(() -> operator.objects()
                        .of(TestObjects.CLUSTERS)
                        .list()
                        .getItems()
                        .isEmpty());
    }

    private static String spec(String name, TestCluster cluster, String worker) {
        return """
                {"name":"%s","region":"nyc","envs":[{"key":"SHARED","value":"of all"}],
                 "databases":[{"name":"db","engine":"PG","production":true,"cluster_name":"%s","db_name":"shop","db_user":"app"}],
                 "services":[{"name":"web","image":{"registry_type":"DOCKER_HUB","repository":"web","tag":"1"},
                   "envs":[{"key":"DATABASE_URL","value":"${db.DATABASE_URL}"},{"key":"CA","value":"${db.CA_CERT}"},
                     {"key":"POOL","value":"${db.backend.DATABASE_URL}"},
                     {"key":"GREETING","value":"hello","type":"SECRET"},{"key":"BUILT","value":"x","scope":"BUILD_TIME"}]}],
                 "workers":[{"name":"%s","envs":[{"key":"HOST","value":"${db.HOSTNAME}"}]}],
                 "jobs":[{"name":"migrate","kind":"PRE_DEPLOY"}]}""".formatted(name, cluster.name(), worker);
    }

    private static void whatNoSecretCanHoldIsRefused(String name) {
        Response long_ = Api.post(
                "/v2/apps",
                "{\"spec\":{\"name\":\"" + name + "\",\"services\":[{\"name\":\"web\",\"envs\":[{\"key\":\""
                        + "K".repeat(254) + "\",\"value\":\"v\"}]}]}}");
        assertThat(long_.statusCode()).as(long_.asString()).isEqualTo(422);
        assertThat(long_.jsonPath().getString("message"))
                .startsWith("services[0].envs[0].key: must have at most 253 letters");
        Response twice = Api.post(
                "/v2/apps",
                "{\"spec\":{\"name\":\"" + name
                        + "\",\"services\":[{\"name\":\"web\"}],\"jobs\":[{\"name\":\"web\"}]}}");
        assertThat(twice.statusCode()).as(twice.asString()).isEqualTo(422);
        assertThat(twice.jsonPath().getString("message"))
                .startsWith("jobs[0].name: web is already that of services[0]");
    }

    private void whatToReferToIsTold(TestApp app) {
        JsonPath told =
                accepted(Api.get("/mooring/v1/apps/" + app.id() + "/secrets")).jsonPath();
        assertThat(told.getString("namespace")).isEqualTo(ApiServer.NAMESPACE);
        assertThat(told.<String, String>getMap("pod_labels")).containsExactly(Map.entry(Names.APP_LABEL, app.id()));
        assertThat(told.getList("secrets.component")).containsExactly("web", "mailer", "migrate");
        assertThat(told.getList("secrets.kind")).containsExactly("service", "worker", "job");
        assertThat(told.getList("secrets[0].keys"))
                .contains("DATABASE_URL", "SHARED")
                .doesNotContain("BUILT");
        List<String> names = told.getList("secrets.name");
        assertThat(secrets(app)).containsExactlyInAnyOrderElementsOf(names);
        JsonPath deployment = app.newest();
        String path = "deployment.progress.steps.find { it.name == 'variables' }";
        assertThat(deployment.getList(path + ".steps.component_name")).containsExactly("web", "mailer", "migrate");
        assertThat(deployment.getString(path + ".steps[0].reason.message"))
                .contains("the Secret " + names.getFirst(), "label its pods mooring.dev/app: " + app.id());
        assertThat(deployment.getString(path + ".steps[2].reason.message")).contains("run it as a Job");
    }

    /** Each of the two: the servers' own rules, and the network in front of them. */
    private void theAppsOwnPodsComeAndNoOthers(TestCluster cluster, TestApp app) throws Exception {
        theServerRejects(cluster);
        pod("other", UUID.randomUUID().toString());
        try {
            accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":11}}"));
            theServerRejects(cluster);
        } finally {
            operator.objects().of(TestObjects.PODS).withName("other").delete();
        }
        pod("own", app.id());
        Awaitility.await("the app comes in")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThatCode(() -> comes(app)).doesNotThrowAnyException());
        assertThat(ingress(cluster))
                .contains("192.0.2.1/32", "mooring.dev/app", app.id(), ApiServer.NAMESPACE)
                .doesNotContain(PODS);
        try (var kept = connect(cluster, "app", "shop")) {
            accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
            assertThat(Api.query(kept, "show work_mem"))
                    .as("in a session of the app")
                    .isEqualTo("12MB");
        }
    }

    private void theServerRejects(TestCluster cluster) {
        assertThatThrownBy(() -> connect(cluster, "app", "shop").close())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("pg_hba.conf rejects");
    }

    /** With what the app was given. */
    private void comes(TestApp app) throws SQLException {
        String url = secret(app, "web").get("DATABASE_URL");
        server.open("shop", "app", url.substring("postgresql://app:".length(), url.indexOf('@')))
                .close();
    }

    private void whatChangesIsBroughtToIt(TestCluster cluster, TestApp app) throws SQLException {
        String before = secret(app, "web").get("DATABASE_URL");
        accepted(Api.post(cluster.path("/users/app/reset_auth"), "{}"));
        Awaitility.await("the Secret has the new password")
                .atMost(Duration.ofSeconds(20))
                .until(() -> !secret(app, "web").get("DATABASE_URL").equals(before));
        comes(app);
        JsonPath newest = app.newest();
        assertThat(newest.getString("deployment.phase")).as(newest.prettify()).isEqualTo("ACTIVE");
        assertThat(newest.getString("deployment.cause_details.type")).isEqualTo("MAINTENANCE");
        assertThat(newest.getString("deployment.cause")).endsWith("-web has another DATABASE_URL");

        accepted(Api.post(
                cluster.path("/pools"), json("name", "backend", "mode", "transaction", "size", 2, "db", "shop")));
        Awaitility.await("the Secret has the pool")
                .atMost(Duration.ofSeconds(20))
                .until(() -> secret(app, "web").get("POOL").startsWith("postgresql://app:"));
        assertThat(secret(app, "web").get("POOL"))
                .contains(Names.poolerHost(UUID.fromString(cluster.id()), "backend", ApiServer.NAMESPACE)
                        + ":5432/shop?");
        app.awaitActive();
        accepted(Api.delete(cluster.path("/pools/backend")));
        Awaitility.await("the Secret has no pool")
                .atMost(Duration.ofSeconds(20))
                .until(() -> secret(app, "web").get("POOL").startsWith("${"));
        app.awaitActive();
    }

    private void whatSomebodyDoesToASecretIsPutRight(TestApp app) throws Exception {
        Map<String, String> before = secret(app, "web");
        String name = secretName(app, "web");
        int deployments = deployments(app);
        watch.refresh();
        assertThat(deployments(app)).as("where nothing differs").isEqualTo(deployments);
        operator.objects().of(TestObjects.SECRETS).withName(name).delete();
        put(app, deployments + 1, "is gone");
        assertThat(secret(app, "web")).isEqualTo(before);
        operator.objects().of(TestObjects.SECRETS).withName(name).edit(secret -> {
            Map<String, Object> data = TestObjects.map(secret.getAdditionalProperties(), "data");
            data.put("GREETING", TestObjects.base64("good bye"));
            data.put("OTHERS", TestObjects.base64("of somebody else"));
            return secret;
        });
        put(app, deployments + 2, "has another GREETING");
        before.put("OTHERS", "of somebody else");
        assertThat(secret(app, "web")).isEqualTo(before);
    }

    /** It waits for an API server that is away, until it is cancelled; what it may have laid down goes when somebody looks. */
    private void whatWasGivenUpLeavesNothing(String name, TestCluster cluster, TestApp app) throws Exception {
        KubernetesGround.relay.cut();
        try {
            accepted(app.put(spec(name, cluster, "sender")));
            awaitWaiting(app, "Kubernetes cannot");
            accepted(Api.post(
                    "/v2/apps/" + app.id() + "/deployments/"
                            + app.get("/deployments").getString("deployments[0].id") + "/cancel",
                    "{}"));
            assertThat(app.newest().getString("deployment.phase")).isEqualTo("CANCELED");
        } finally {
            KubernetesGround.relay.open();
        }
        int deployments = deployments(app);
        operator.objects()
                .make(
                        TestObjects.SECRETS,
                        secretName(app, "sender"),
                        Map.of(Names.APP_LABEL, app.id()),
                        Map.of("type", "Opaque", "data", Map.of("HOST", TestObjects.base64("any"))));
        put(app, deployments + 1, "-sender is of no component");
        assertThat(secret(app, "sender")).isNull();
        assertThat(secret(app, "mailer")).as("of the deployment before").containsKey("HOST");
    }

    /** Others than the test may look as well, such as the clock. */
    private void put(TestApp app, int deployments, String cause) throws Exception {
        watch.refresh();
        watch.refresh();
        assertThat(deployments(app)).as("one for all who have seen it").isEqualTo(deployments);
        JsonPath newest = app.newest();
        assertThat(newest.getString("deployment.phase")).as(newest.prettify()).isEqualTo("ACTIVE");
        assertThat(newest.getString("deployment.cause")).contains(cause);
        assertThat(app.get("/events").getString("events[0].deployment.cause")).contains(cause);
    }

    private static int deployments(TestApp app) {
        return app.get("/deployments").getInt("meta.total");
    }

    private static void awaitWaiting(TestApp app, String why) {
        Awaitility.await("the deployment waits: " + why)
                .atMost(Duration.ofSeconds(20))
                .until(() -> String.valueOf(Api.get("/mooring/v1/operations?app_id=" + app.id())
                                .jsonPath()
                                .getString("operations.find { it.kind == 'deploy-app' }.waiting_for"))
                        .contains(why));
    }

    private static void awaitGone(TestApp app) {
        Awaitility.await("the app is gone")
                .atMost(Duration.ofSeconds(40))
                .until(() -> "done"
                        .equals(Api.get("/mooring/v1/operations?app_id=" + app.id())
                                .jsonPath()
                                .getString("operations.find { it.kind == 'remove-app' }.state")));
    }

    private static String secretName(TestApp app, String component) {
        return Names.component(UUID.fromString(app.id()), component);
    }

    /** Null where there is none. */
    private Map<String, String> secret(TestApp app, String component) {
        GenericKubernetesResource found = operator.objects()
                .of(TestObjects.SECRETS)
                .withName(secretName(app, component))
                .get();
        if (found == null) {
            return null;
        }
        Map<String, String> variables = new TreeMap<>();
        TestObjects.map(found.getAdditionalProperties(), "data")
                .forEach((key, value) -> variables.put(
                        key, new String(Base64.getDecoder().decode(value.toString()), StandardCharsets.UTF_8)));
        return variables;
    }

    private List<String> secrets(TestApp app) {
        return operator
                .objects()
                .of(TestObjects.SECRETS)
                .withLabel(Names.APP_LABEL, app.id())
                .list()
                .getItems()
                .stream()
                .map(secret -> secret.getMetadata().getName())
                .toList();
    }

    private String ingress(TestCluster cluster) {
        return operator.objects()
                .of(TestObjects.POLICIES)
                .withName(Names.cluster(UUID.fromString(cluster.id())))
                .get()
                .getAdditionalProperties()
                .toString();
    }

    /** As an app's own Deployment makes them; here all of them come from this machine. */
    private void pod(String name, String app) {
        operator.objects()
                .make(
                        TestObjects.PODS,
                        name,
                        Map.of(Names.APP_LABEL, app),
                        Map.of("spec", Map.of("containers", List.of(Map.of("name", "web", "image", "web:1")))));
        operator.objects().status(TestObjects.PODS, name, Map.of("podIP", "127.0.0.1"));
    }
}
