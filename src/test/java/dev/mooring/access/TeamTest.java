package dev.mooring.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Teams: what they have, how much, and who may say so. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class TeamTest {

    private static final String SMALL = "db-s-1vcpu-1gb";

    private static void refused(Response answer, int status, String... words) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        for (String word : words) {
            assertThat(answer.jsonPath().getString("message")).contains(word);
        }
    }

    @Test
    void aTeamHasWhatClientsAskForFromItsFirstMoment() {
        TestTeam team = TestTeam.make("{\"clusters\": 3, \"storage_mib\": 40960}");
        var seen = Api.get(team.path()).jsonPath();
        assertThat(seen.getString("team.name")).isEqualTo(team.name());
        assertThat(seen.getBoolean("team.administers")).isFalse();
        assertThat(seen.getInt("team.quotas.clusters")).isEqualTo(3);
        assertThat(seen.getInt("team.quotas.storage_mib")).isEqualTo(40960);
        assertThat(seen.getMap("team.quotas")).doesNotContainKey("nodes");
        assertThat(Api.get("/mooring/v1/teams?per_page=200").jsonPath().getList("teams.name"))
                .contains("default", team.name());
        assertThat(team.api().get("/v2/account").jsonPath().getString("account.team.name"))
                .isEqualTo(team.name());
        assertThat(team.api().get("/v2/projects/default").jsonPath().getBoolean("project.is_default"))
                .isTrue();
        assertThat(team.api().get("/v2/vpcs").jsonPath().getInt("meta.total")).isPositive();
        assertThat(team.api()
                        .get("/v2/databases/metrics/credentials")
                        .jsonPath()
                        .getString("credentials.basic_auth_password"))
                .isNotBlank()
                .isNotEqualTo(Api.get("/v2/databases/metrics/credentials")
                        .jsonPath()
                        .getString("credentials.basic_auth_password"));
        assertThat(team.api().get("/v2/databases").jsonPath().getList("databases"))
                .isEmpty();
        assertThat(Api.delete(team.path()).statusCode()).isEqualTo(204);
    }

    @Test
    void anOrganizationOfDbosCloudIsATeam() {
        TestTeam team = TestTeam.make();
        assertThat(team.api().get("/v1alpha1/user/profile").jsonPath().getString("Organization"))
                .isEqualTo(team.name());
        assertThat(team.api().get("/v1alpha1/" + team.name() + "/databases").statusCode())
                .isEqualTo(200);
        assertThat(team.api().get("/v1alpha1/default/databases").statusCode()).isEqualTo(404);
        assertThat(Api.get("/v1alpha1/" + team.name() + "/databases").statusCode())
                .isEqualTo(404);
        assertThat(team.api()
                        .body("{\"name\":\"alice\",\"scopes\":[\"*\"]}")
                        .post("/mooring/v1/tokens?format=dbos-credentials")
                        .jsonPath()
                        .getString("organization"))
                .isEqualTo(team.name());
        assertThat(Api.delete(team.path()).statusCode()).isEqualTo(204);
    }

    @Test
    void badTeamsAreRefusedWithEveryReason() {
        refused(
                Api.post("/mooring/v1/teams", "{\"name\":\"No Good\",\"quotas\":{\"clusters\":-1,\"storage_mib\":-5}}"),
                422,
                "name:",
                "quotas.clusters:",
                "quotas.storage_mib:");
        for (String name : List.of("user", "databases", "applications", "-x-", "a", "x".repeat(31))) {
            refused(Api.post("/mooring/v1/teams", "{\"name\":\"" + name + "\"}"), 422, "name:");
        }
        refused(Api.post("/mooring/v1/teams", "{}"), 422, "name:");
        refused(Api.post("/mooring/v1/teams", "{\"name\":\"default\"}"), 409, "default exists already");
        refused(Api.get("/mooring/v1/teams/nobody"), 404);
        refused(Api.delete("/mooring/v1/teams/default"), 422, "administers the installation");
    }

    @Test
    void everythingThatATeamMayDoIsNotWhatReachesBeyondIt() {
        TestTeam team = TestTeam.make();
        for (String path : List.of("/mooring/v1/teams", team.path(), team.path() + "/tokens")) {
            refused(team.api().get(path), 403);
        }
        refused(team.api().body("{\"name\":\"more-teams\"}").post("/mooring/v1/teams"), 403);
        refused(team.api().body("{\"quotas\":{}}").put(team.path()), 403);
        refused(team.api().delete(team.path()), 403);
        refused(team.api().post("/mooring/v1/tick"), 403);
        refused(team.newToken("{\"name\":\"x\",\"scopes\":[\"team:create\",\"operation:run\"]}"), 422, "team:create");
        refused(
                Api.post(team.path() + "/tokens", "{\"name\":\"x\",\"scopes\":[\"team:read\"]}"),
                422,
                "team:read reaches beyond a team");
        // An administrator's token with team rights alone hands on nothing that it does not have itself.
        String manager = Api.post("/mooring/v1/tokens", "{\"name\":\"m\",\"scopes\":[\"team:update\"]}")
                .jsonPath()
                .getString("token.token");
        refused(
                Api.as(manager)
                        .body("{\"name\":\"x\",\"scopes\":[\"database:read\"]}")
                        .post(team.path() + "/tokens"),
                422,
                "your own token lacks database:read");
        assertThat(Api.delete(team.path()).statusCode()).isEqualTo(204);
    }

    @Test
    void aTokenEndsWhenItSays() {
        TestTeam team = TestTeam.make();
        Instant end = Instant.now().plusSeconds(3).truncatedTo(ChronoUnit.SECONDS);
        Response made = team.newToken(
                "{\"name\":\"short\",\"scopes\":[\"token:manage\",\"account:read\"],\"expires_at\":\"" + end + "\"}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        assertThat(made.jsonPath().getString("token.expires_at")).isEqualTo(end.toString());
        String token = made.jsonPath().getString("token.token");
        var info = Api.as(token).get("/v1/oauth/token/info").jsonPath();
        assertThat(info.getLong("expires_in_seconds")).isBetween(1L, 3L);
        assertThat(info.getLong("created_at")).isCloseTo(Instant.now().getEpochSecond(), within(10));
        assertThat(info.getList("scopes")).containsExactly("token:manage", "account:read");
        // What it makes does not outlive it.
        String child = "{\"name\":\"child\",\"scopes\":[\"account:read\"]";
        assertThat(Api.as(token)
                        .body(child + "}")
                        .post("/mooring/v1/tokens")
                        .jsonPath()
                        .getString("token.expires_at"))
                .isEqualTo(end.toString());
        refused(
                Api.as(token)
                        .body(child + ",\"expires_at\":\"" + end.plusSeconds(60) + "\"}")
                        .post("/mooring/v1/tokens"),
                422,
                "your own token ends");
        Awaitility.await("the token ends")
                .atMost(Duration.ofSeconds(8))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Api.as(token).get("/v2/account").statusCode() == 401);
        assertThat(Instant.now()).isBetween(end.minusMillis(500), end.plusMillis(1500));
        assertThat(team.api().get("/mooring/v1/tokens").jsonPath().getList("tokens.expires_at"))
                .as("listed still")
                .contains(end.toString());
        assertThat(Api.get("/v1/oauth/token/info").jsonPath().getLong("expires_in_seconds"))
                .as("never")
                .isZero();
        for (String wrong : List.of("tomorrow", "2020-01-01T00:00:00Z", "+999999999-01-01T00:00:00Z", "2027-01-01")) {
            refused(
                    team.newToken("{\"name\":\"x\",\"scopes\":[\"*\"],\"expires_at\":\"" + wrong + "\"}"),
                    422,
                    "expires_at:");
        }
        assertThat(Api.delete(team.path()).statusCode()).isEqualTo(204);
    }

    private static org.assertj.core.data.Offset<Long> within(long seconds) {
        return org.assertj.core.data.Offset.offset(seconds);
    }

    @Test
    void requestsAtOnceGetNoMoreThanTheQuotaTogether() throws Exception {
        TestTeam team = TestTeam.make("{\"clusters\": 2}");
        List<Callable<Response>> requests = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            requests.add(() -> team.newCluster(Api.uniqueName(), SMALL));
        }
        List<String> made = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Response> answer : threads.invokeAll(requests)) {
                if (answer.get().statusCode() == 201) {
                    made.add(answer.get().jsonPath().getString("database.id"));
                } else {
                    refused(answer.get(), 422, "database cluster limit", "may have 2");
                    assertThat(answer.get().jsonPath().getString("id")).isEqualTo("unprocessable_entity");
                }
            }
        }
        assertThat(made).hasSize(2);
        // A dev database counts too, and the refusal is in the words of the API for apps.
        Response app = team.api()
                .body(
                        "{\"spec\":{\"name\":\"quota\",\"region\":\"nyc\",\"databases\":[{\"name\":\"db\",\"engine\":\"PG\"}]}}")
                .post("/v2/apps");
        refused(app, 400, "databases.limit_exceeded");
        assertThat(team.api().get("/v2/apps").jsonPath().getList("apps")).isNullOrEmpty();
        made.forEach(id -> assertThat(team.api().delete("/v2/databases/" + id).statusCode())
                .isEqualTo(204));
        assertThat(team.newCluster(Api.uniqueName(), SMALL).statusCode())
                .as("what is deleted counts no more")
                .isEqualTo(201);
    }

    @Test
    void storageIsCountedOverForksAndResizesToo() {
        TestTeam team = TestTeam.make("{\"storage_mib\": 30720, \"nodes\": 5}");
        Response first = team.newCluster("source", SMALL);
        assertThat(first.statusCode()).as(first.asString()).isEqualTo(201);
        String path = "/v2/databases/" + first.jsonPath().getString("database.id");
        refused(team.newCluster("big", "db-s-1vcpu-2gb"), 422, "storage limit", "30720", "40960");
        Awaitility.await("recoverable")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> team.api().get(path + "/backups").jsonPath().getList("backups") != null
                        && !team.api()
                                .get(path + "/backups")
                                .jsonPath()
                                .getList("backups")
                                .isEmpty());
        String fork = """
                {"name": "copy", "engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-2gb", "region": "nyc1",
                 "backup_restore": {"database_name": "source"}}""";
        refused(team.api().body(fork).post("/v2/databases"), 422, "storage limit");
        refused(
                team.api().body("{\"size\":\"db-s-2vcpu-4gb\",\"num_nodes\":1}").put(path + "/resize"),
                422,
                "storage limit");
        assertThat(team.api().get(path).jsonPath().getString("database.size")).isEqualTo(SMALL);
        // Less than it has takes nothing away; more lets it grow.
        assertThat(Api.put(team.path(), "{\"quotas\":{\"storage_mib\":1}}").statusCode())
                .isEqualTo(200);
        assertThat(team.api().get(path).jsonPath().getString("database.status")).isEqualTo("online");
        refused(team.newCluster("other", SMALL), 422, "storage limit");
        assertThat(Api.put(team.path(), "{\"quotas\":{}}").jsonPath().getMap("team.quotas"))
                .isEmpty();
        assertThat(team.api()
                        .body("{\"size\":\"db-s-1vcpu-2gb\",\"num_nodes\":1}")
                        .put(path + "/resize")
                        .statusCode())
                .isEqualTo(202);
        refused(Api.delete(team.path()), 409, "the cluster source");
        assertThat(team.api().delete(path).statusCode()).isEqualTo(204);
        Awaitility.await("nothing is left of the cluster")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Api.delete(team.path()).statusCode() == 204);
        assertThat(team.api().get("/v2/account").statusCode())
                .as("its tokens end with it")
                .isEqualTo(401);
        assertThat(Api.get(team.path()).statusCode()).isEqualTo(404);
    }
}
