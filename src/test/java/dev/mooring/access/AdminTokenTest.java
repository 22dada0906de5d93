package dev.mooring.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.RandomText;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The administrator's token as replicas find it when they start, each with the value that it was given. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AdminTokenTest {

    @Inject
    AdminTokens tokens;

    @Inject
    Pool pool;

    /** Apart from the real setting, whose token the other tests work with. */
    private final String origin = "test " + UUID.randomUUID();

    private UUID team;

    @BeforeEach
    void find() {
        team = pool.query("select id from team where administers")
                .execute()
                .map(rows -> rows.iterator().next().getUUID(0))
                .await()
                .indefinitely();
    }

    private static String value() {
        return "mrg_" + RandomText.hex(16);
    }

    private boolean start(String value) {
        return pool.withTransaction(tx -> tokens.install(tx, team, value, origin, origin))
                .await()
                .indefinitely();
    }

    private boolean valid(String value) {
        return pool.preparedQuery("select from access_token where hash = $1")
                .execute(Tuple.of(Buffer.buffer(TokenText.hash(value))))
                .map(rows -> rows.rowCount() == 1)
                .await()
                .indefinitely();
    }

    @Test
    void anotherValueTakesThePlaceOfTheOneBeforeForGood() {
        String first = value();
        String second = value();
        assertThat(start(first)).isTrue();
        assertThat(start(first)).as("the same again").isTrue();
        assertThat(Api.as(first).get("/mooring/v1/teams").statusCode()).isEqualTo(200);
        assertThat(start(second)).isTrue();
        assertThat(valid(first)).isFalse();
        assertThat(start(first)).as("a replica that still has the old one").isFalse();
        assertThat(valid(first)).isFalse();
        assertThat(valid(second)).isTrue();
    }

    @Test
    void whatWasRevokedStaysRevoked() {
        String value = value();
        start(value);
        String id = pool.preparedQuery("select id from access_token where origin = $1")
                .execute(Tuple.of(origin))
                .map(rows -> rows.iterator().next().getUUID(0).toString())
                .await()
                .indefinitely();
        assertThat(Api.delete("/mooring/v1/tokens/" + id).statusCode()).isEqualTo(204);
        assertThat(start(value)).isFalse();
        assertThat(valid(value)).isFalse();
        assertThat(start(value())).as("the way in again").isTrue();
    }

    @Test
    void anApiTokenThatWasRevokedIsNoSettingEither() {
        var made = Api.post("/mooring/v1/tokens", "{\"name\":\"x\",\"scopes\":[\"tag:read\"]}")
                .jsonPath();
        Api.delete("/mooring/v1/tokens/" + made.getString("token.id"));
        assertThat(start(made.getString("token.token"))).isFalse();
    }

    @Test
    void replicasThatStartAtOnceAgree() throws Exception {
        for (int round = 0; round < 5; round++) {
            String old = value();
            String fresh = value();
            start(old);
            List<Callable<Boolean>> starts =
                    new ArrayList<>(Collections.nCopies(4, (Callable<Boolean>) () -> start(fresh)));
            starts.addAll(Collections.nCopies(4, () -> start(old)));
            Collections.shuffle(starts);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (Future<Boolean> started : threads.invokeAll(starts)) {
                    started.get();
                }
            }
            assertThat(valid(fresh)).isTrue();
            assertThat(valid(old)).isFalse();
        }
    }

    @Test
    void otherTokensAreLeftAlone() {
        String other = Api.post("/mooring/v1/tokens", "{\"name\":\"admin\",\"scopes\":[\"*\"]}")
                .jsonPath()
                .getString("token.token");
        start(value());
        start(value());
        assertThat(Api.as(other).get("/v2/account").statusCode()).isEqualTo(200);
        assertThat(Api.get("/v2/account").statusCode()).isEqualTo(200);
    }
}
