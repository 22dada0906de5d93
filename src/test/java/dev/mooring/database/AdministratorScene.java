package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A cluster of each version, and what its administrator does with it. */
abstract class AdministratorScene {

    /** From here on CREATEROLE is bounded by PostgreSQL itself. */
    static final int BOUNDED = 16;

    static final Map<String, TestCluster> CLUSTERS = new ConcurrentHashMap<>();

    /** One for all tests; after a failure the application may be another one, which knows nothing of it. */
    static TestCluster cluster(String version) {
        return CLUSTERS.compute(
                version,
                (key, known) ->
                        known == null || Api.get(known.path("")).statusCode() == 404 ? Api.cluster(version) : known);
    }

    /** A user made over the API: its password. */
    static String user(TestCluster cluster, String name) {
        Response created = Api.post(cluster.path("/users"), "{\"name\":\"" + name + "\"}");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return created.jsonPath().getString("user.password");
    }

    static void delete(TestCluster cluster, String user) {
        Response deleted = Api.delete(cluster.path("/users/" + user));
        assertThat(deleted.statusCode()).as(deleted.asString()).isEqualTo(204);
    }

    /** Each must be refused; the statements that were not. */
    static List<String> letThrough(Connection connection, List<String> attacks) {
        List<String> done = new ArrayList<>();
        for (String attack : attacks) {
            try {
                Api.execute(connection, attack);
                done.add(attack);
            } catch (SQLException refused) {
                assertThat(refused.getSQLState())
                        .as(attack + ": " + refused.getMessage())
                        .isNotEqualTo("42601");
            }
        }
        return done;
    }
}
