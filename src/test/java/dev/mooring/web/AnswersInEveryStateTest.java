package dev.mooring.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Endpoints;
import dev.mooring.support.Endpoints.Endpoint;
import dev.mooring.support.Repository;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Whatever state a cluster or an app is in, and whatever is being done to it: a question about it has an answer. */
@QuarkusTest
@TestProfile(AnswersInEveryStateTest.RunningApps.class)
@QuarkusTestResource(TestGround.class)
class AnswersInEveryStateTest {

    private static final Duration LIMIT = Duration.ofSeconds(90);

    /** Each phase waits for a file, so that every question is asked in it. */
    private static final String SPEC = """
            {"spec":{"name":"%s","region":"nyc","databases":[{"name":"db","engine":"PG"}],
             "services":[{"name":"web",%s,"build_command":"until [ -e %s/built ]; do sleep 0.1; done",
               "run_command":"exec python3 -m http.server $PORT --bind 127.0.0.1"}],
             "jobs":[{"name":"migrate","kind":"PRE_DEPLOY",%s,"run_command":"until [ -e %s/migrated ]; do sleep 0.1; done"}]}}""";

    /** Types of logs that DigitalOcean's description has. */
    private static final List<String> LOGS =
            List.of("UNSPECIFIED", "BUILD", "DEPLOY", "RUN", "RUN_RESTARTED", "AUTOSCALE_EVENT");

    /** The code of apps is run, as after {@code MOORING_APPS_RUNTIME=local}. */
    public static final class RunningApps implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "mooring.apps.runtime", "local",
                    "mooring.apps.ports", "27900-27949",
                    "mooring.apps.uids", TestGround.accounts());
        }
    }

    private List<Endpoint> questions;

    /** What was asked in which state. */
    private final Set<String> states = new TreeSet<>();

    private void ask(String cluster, String app, String deployment) throws Exception {
        for (Endpoint question : questions) {
            String path = question.filled(Map.of(
                    "id",
                    question.path().contains("/apps/") ? app : cluster,
                    "deployment",
                    deployment,
                    "event",
                    deployment,
                    "name",
                    question.path().contains("/users/")
                            ? "doadmin"
                            : question.path().contains("/components/") ? "web" : "db",
                    "*",
                    UUID.randomUUID().toString()));
            Endpoints.Answer answer = Endpoints.send("GET", path, TestGround.TOKEN, null);
            assertThat(answer.status())
                    .as("%s while %s: %s", question, states, answer.body())
                    .isIn(200, 404, 412, 422);
        }
    }

    private void askUntil(BooleanSupplier reached, String cluster, String app, String deployment) throws Exception {
        Instant end = Instant.now().plus(LIMIT);
        boolean last = false;
        while (!last) {
            assertThat(Instant.now()).as("states %s", states).isBefore(end);
            last = reached.getAsBoolean();
            ask(cluster, app, deployment);
        }
    }

    /** Some changes are answered when they are done. */
    private void askDuring(String change, String body, String cluster, String app, String deployment) throws Exception {
        CompletableFuture<Response> answer =
                CompletableFuture.supplyAsync(() -> Api.put("/v2/databases/" + cluster + change, body));
        askUntil(answer::isDone, cluster, app, deployment);
        assertThat(answer.get().statusCode()).as(answer.get().asString()).isBetween(200, 204);
        askUntil(() -> is(cluster, "online") && idle(cluster), cluster, app, deployment);
    }

    private boolean is(String cluster, String wanted) {
        String status = Api.get("/v2/databases/" + cluster).jsonPath().getString("database.status");
        states.add(String.valueOf(status));
        return wanted.equals(status);
    }

    private boolean phase(String app, String deployment, String wanted) {
        String phase = Api.get("/v2/apps/" + app + "/deployments/" + deployment)
                .jsonPath()
                .getString("deployment.phase");
        states.add(phase);
        assertThat(phase).isNotEqualTo("ERROR");
        return wanted.equals(phase);
    }

    private static boolean idle(String cluster) {
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster).jsonPath().getList("operations.state").stream()
                .allMatch(state -> Set.of("done", "failed", "cancelled").contains(state));
    }

    @Test
    void everyQuestionIsAnsweredThroughTheLivesOfAClusterAndAnApp() throws Exception {
        questions = Endpoints.all().stream()
                .filter(Endpoint::reads)
                .filter(endpoint -> endpoint.path().matches("/(v2|mooring/v1)/(databases|apps)/\\{id}.*"))
                .toList();
        assertThat(questions).hasSizeGreaterThan(40);
        Path folder = TestGround.newFolder();
        Repository repository = new Repository(folder);
        repository.commit("index.html", "here");
        String source = "\"git\":{\"repo_clone_url\":\"" + repository.url() + "\",\"branch\":\"main\"}";
        String app = Api.post("/v2/apps", SPEC.formatted(Api.uniqueName(), source, folder, source, folder))
                .jsonPath()
                .getString("app.id");
        String name = Api.uniqueName();
        String cluster = Api.post("/v2/databases", Api.clusterBody(name, "15"))
                .jsonPath()
                .getString("database.id");
        String deployment =
                Api.get("/v2/apps/" + app + "/deployments").jsonPath().getString("deployments[0].id");
        askUntil(() -> is(cluster, "online"), cluster, app, deployment);
        askUntil(() -> phase(app, deployment, "BUILDING"), cluster, app, deployment);
        Files.createFile(folder.resolve("built"));
        askUntil(() -> phase(app, deployment, "DEPLOYING"), cluster, app, deployment);
        Files.createFile(folder.resolve("migrated"));
        askUntil(() -> phase(app, deployment, "ACTIVE"), cluster, app, deployment);
        for (String type : LOGS) {
            assertThat(Api.get("/v2/apps/" + app + "/logs?type=" + type).statusCode())
                    .as(type)
                    .isEqualTo(200);
        }

        askDuring("/resize", "{\"size\":\"db-s-1vcpu-2gb\",\"num_nodes\":1}", cluster, app, deployment);
        askDuring("/migrate", "{\"region\":\"ams3\"}", cluster, app, deployment);

        askUntil(
                () -> Api.get("/mooring/v1/databases/" + cluster + "/recovery-window")
                                .statusCode()
                        == 200,
                cluster,
                app,
                deployment);
        Response forked = Api.post(
                "/v2/databases",
                "{\"name\":\"%s\",\"engine\":\"pg\",\"size\":\"db-s-1vcpu-2gb\",\"region\":\"nyc1\",\"num_nodes\":1,"
                                .formatted(Api.uniqueName())
                        + "\"backup_restore\":{\"database_name\":\"%s\"}}".formatted(name));
        assertThat(forked.statusCode()).as(forked.asString()).isEqualTo(201);
        String fork = forked.jsonPath().getString("database.id");
        askUntil(() -> is(fork, "online"), fork, app, deployment);
        assertThat(Api.delete("/v2/databases/" + fork).statusCode()).isEqualTo(204);
        ask(fork, app, deployment);
        assertThat(Api.delete("/v2/apps/" + app).statusCode()).isEqualTo(200);
        assertThat(Api.delete("/v2/databases/" + cluster).statusCode()).isEqualTo(204);
        ask(cluster, app, deployment);
        assertThat(states).contains("creating", "online", "forking", "BUILDING", "DEPLOYING", "ACTIVE");
        MooringHome.deleteTree(folder);
    }
}
