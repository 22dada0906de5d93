package dev.mooring.database.provisioning;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import dev.mooring.web.ApiException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A wait that nothing else would end is ended once. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class EndlessWaitsTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    @Inject
    Pool pool;

    @Test
    void noOtherProcessTellsAFailureAgain() {
        TestCluster cluster = Api.cluster("16");
        EndlessWaits.Failed failed =
                new EndlessWaits.Failed(UUID.fromString(cluster.id()), OffsetDateTime.now(), "there was no room");
        UUID token = UUID.randomUUID();
        assertThatThrownBy(() -> tell(failed, token))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("there was no room");
        tell(failed, token);
        assertThatThrownBy(() -> tell(failed, UUID.randomUUID()))
                .as("somebody else who waits")
                .isInstanceOf(ApiException.class);
        cluster.delete();
    }

    /** As a process that has told nobody anything so far. */
    private void tell(EndlessWaits.Failed failed, UUID token) {
        new EndlessWaits(pool, Clock.systemUTC())
                .end(failed, token, "godo/1.202.0")
                .await()
                .atMost(SOON);
    }
}
