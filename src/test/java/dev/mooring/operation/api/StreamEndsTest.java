package dev.mooring.operation.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.access.TokenLookup;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Streams of an operation, which ends by itself or never. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class StreamEndsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Inject
    StreamEnds ends;

    @Inject
    TokenLookup tokens;

    private static JsonPath token() {
        return Api.post("/mooring/v1/tokens", "{\"name\":\"short\",\"scopes\":[\"database:read\"]}")
                .jsonPath();
    }

    @Test
    void aStreamThatEndsByItselfIsWhole() {
        UUID token = token().getUUID("token.id");
        assertThat(ends.whileValid(token, Multi.createFrom().items(1, 2, 3))
                        .collect()
                        .asList()
                        .await()
                        .atMost(LIMIT))
                .containsExactly(1, 2, 3);
    }

    @Test
    void oneThatGoesOnEndsWithItsToken() {
        UUID token = token().getUUID("token.id");
        CompletableFuture<List<Integer>> seen =
                ends.whileValid(token, endless()).collect().asList().subscribeAsCompletionStage();
        Api.delete("/mooring/v1/tokens/" + token);
        assertThat(seen).succeedsWithin(LIMIT).isEqualTo(List.of(1));
    }

    @Test
    void oneThatGoesOnEndsWhenTheProcessIsToldTo() {
        StreamEnds stopped = new StreamEnds(tokens);
        CompletableFuture<List<Integer>> seen = stopped.whileValid(token().getUUID("token.id"), endless())
                .collect()
                .asList()
                .subscribeAsCompletionStage();
        assertThat(seen).isNotDone();
        stopped.stop(new ShutdownEvent());
        assertThat(seen).succeedsWithin(LIMIT).isEqualTo(List.of(1));
    }

    private static Multi<Integer> endless() {
        return Multi.createBy()
                .concatenating()
                .streams(Multi.createFrom().item(1), Multi.createFrom().nothing());
    }
}
