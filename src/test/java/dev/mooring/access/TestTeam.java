package dev.mooring.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.UUID;

/** A team of its own, with a token that may do everything in it. */
record TestTeam(String id, String name, String tokenId, String token) {

    static TestTeam make() {
        return make("{}");
    }

    static TestTeam make(String quotas) {
        String name = "team-" + UUID.randomUUID().toString().substring(0, 13);
        Response made = Api.post("/mooring/v1/teams", "{\"name\":\"" + name + "\",\"quotas\":" + quotas + "}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        Response token = Api.post("/mooring/v1/teams/" + name + "/tokens", "{\"name\":\"first\",\"scopes\":[\"*\"]}");
        assertThat(token.statusCode()).as(token.asString()).isEqualTo(201);
        return new TestTeam(
                made.jsonPath().getString("team.id"),
                name,
                token.jsonPath().getString("token.id"),
                token.jsonPath().getString("token.token"));
    }

    String path() {
        return "/mooring/v1/teams/" + id;
    }

    RequestSpecification api() {
        return Api.as(token);
    }

    /** A token of the team with these scopes alone. */
    Response newToken(String body) {
        return api().body(body).post("/mooring/v1/tokens");
    }

    Response newCluster(String name, String size) {
        return api().body(Api.clusterBody(name, "16").replace("db-s-1vcpu-1gb", size))
                .post("/v2/databases");
    }
}
