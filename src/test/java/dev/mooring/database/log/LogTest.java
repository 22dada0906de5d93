package dev.mooring.database.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a cluster's server writes into its log is read over the API. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class LogTest {

    @Test
    void theEndIsReadAndThenWhatComes() throws Exception {
        Api.TestCluster cluster = Api.cluster("16");
        String path = "/mooring/v1/databases/" + cluster.id() + "/logs";
        JsonPath end = Api.get(path).jsonPath();
        assertThat(end.getList("log.lines", String.class))
                .anySatisfy(line -> assertThat(line).contains("ready to accept"));
        assertThat(Api.get(path + "?lines=1").jsonPath().getList("log.lines")).hasSize(1);

        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "do $$ begin raise warning 'first näheres'; raise warning 'second'; end $$");
        }
        List<String> told = new ArrayList<>();
        List<String> next = new ArrayList<>(List.of(end.getString("log.next")));
        Awaitility.await("the log goes on").atMost(Duration.ofSeconds(20)).until(() -> {
            JsonPath more = Api.get(path + "?after=" + next.getLast()).jsonPath();
            told.addAll(more.getList("log.lines", String.class));
            next.add(more.getString("log.next"));
            return told.stream().anyMatch(line -> line.contains("second"));
        });
        assertThat(told.stream().filter(line -> line.contains("first näheres"))).hasSize(1);
        assertThat(told.stream().filter(line -> line.contains("WARNING:  second")))
                .hasSize(1);
        cluster.delete();
    }

    @Test
    void aWrongQuestionIsNamed() {
        Api.TestCluster cluster = Api.cluster("16");
        String path = "/mooring/v1/databases/" + cluster.id() + "/logs";
        Response many = Api.get(path + "?lines=1001");
        assertThat(many.statusCode()).isEqualTo(422);
        assertThat(many.jsonPath().getString("message")).isEqualTo("lines: must be 1 to 1000");
        assertThat(Api.get(path + "?after=../../../../etc/passwd.log:0").statusCode())
                .isEqualTo(422);
        cluster.delete();
    }
}
