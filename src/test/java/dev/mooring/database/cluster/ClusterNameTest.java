package dev.mooring.database.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.api.Test;

/** People know their clusters by name, and the API takes it wherever a path has the id. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ClusterNameTest {

    private static String token(String team, String scope) {
        Response made =
                Api.post("/mooring/v1/teams/" + team + "/tokens", "{\"name\":\"n\",\"scopes\":[\"" + scope + "\"]}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return made.jsonPath().getString("token.token");
    }

    private static Response in(String token, String name) {
        return Api.as(token).get("/v2/databases/" + name);
    }

    @Test
    void aNameStandsForTheIdInEveryPathOfItsTeamAlone() {
        Api.TestCluster cluster = Api.cluster("16");
        String named = "/v2/databases/" + cluster.name();
        assertThat(Api.get(named).jsonPath().getString("database.id")).isEqualTo(cluster.id());
        assertThat(Api.get(named + "/users/doadmin").statusCode()).isEqualTo(200);
        Response added = Api.post(named + "/dbs", "{\"name\":\"billing\"}");
        assertThat(added.statusCode()).as(added.asString()).isEqualTo(201);
        assertThat(Api.get("/mooring/v1/databases/" + cluster.name() + "/topology")
                        .statusCode())
                .isEqualTo(200);
        assertThat(Api.get("/mooring/v1/audit?per_page=200").asString()).contains(cluster.id());

        String team = Api.uniqueName();
        assertThat(Api.post("/mooring/v1/teams", "{\"name\":\"" + team + "\"}").statusCode())
                .isEqualTo(201);
        String other = token(team, "*");
        assertThat(in(other, cluster.name()).statusCode()).isEqualTo(404);
        assertThat(in(other, cluster.name()).asString().replaceAll("\"request_id.*", ""))
                .as("the same as for one that nobody has")
                .isEqualTo(in(other, "nobody").asString().replaceAll("\"request_id.*", ""));
        String blind = token("default", "tag:read");
        assertThat(in(blind, cluster.name()).statusCode()).isEqualTo(403);
        assertThat(in(blind, "nobody").statusCode()).isEqualTo(403);

        // The same name in another team is another cluster.
        Response theirs =
                Api.as(other).body(Api.clusterBody(cluster.name(), "16")).post("/v2/databases");
        assertThat(theirs.statusCode()).as(theirs.asString()).isEqualTo(201);
        String their = theirs.jsonPath().getString("database.id");
        assertThat(in(other, cluster.name()).jsonPath().getString("database.id"))
                .isEqualTo(their);
        assertThat(Api.as(other).delete(named).statusCode()).isEqualTo(204);
        assertThat(Api.get(named).jsonPath().getString("database.id")).isEqualTo(cluster.id());

        // A name that is a word of the API in that place takes nothing away.
        String word = Api.as(other)
                .body(Api.clusterBody("options", "16"))
                .post("/v2/databases")
                .jsonPath()
                .getString("database.id");
        assertThat(in(other, "options").jsonPath().getMap("options")).containsKey("pg");
        assertThat(Api.as(other).delete("/v2/databases/" + word).statusCode()).isEqualTo(204);

        for (String none : List.of("a-b-c-d-e", "no%20one", "%27%20or%201=1", cluster.name() + "x", "options%2F")) {
            assertThat(Api.as(other)
                            .urlEncodingEnabled(false)
                            .get("/v2/databases/" + none)
                            .statusCode())
                    .as(none)
                    .isEqualTo(404);
        }
        assertThat(Api.delete(named).statusCode()).isEqualTo(204);
        assertThat(Api.get(named).statusCode()).isEqualTo(404);
    }
}
