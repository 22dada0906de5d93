package dev.mooring.database.binding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.vertx.VertxContextSupport;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Copies for rehearsals, asked for by somebody who is killed before that is noted. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class RehearsalsTest {

    private static final String COMPONENT = "rehearsal_12345678";

    @Inject
    Rehearsals rehearsals;

    @Inject
    Pool pool;

    @Test
    void whoAsksForTheSameCopyAgainGetsTheSame() throws Throwable {
        TestCluster source = Recoveries.backedUp("16");
        UUID app = UUID.randomUUID();
        UUID id = UUID.fromString(source.id());
        UUID team = pool.preparedQuery(
                        "insert into app (id, team, project_id, name, region, spec, spec_key, created_at,"
                                + " updated_at) select $1::uuid, team, project_id, $1::uuid::text, region, '{}', '', now(), now()"
                                + " from cluster where id = $2 returning team")
                .execute(Tuple.of(app, id))
                .await()
                .indefinitely()
                .iterator()
                .next()
                .getUUID("team");
        for (int i = 0; i < 2; i++) {
            assertThat(VertxContextSupport.subscribeAndAwait(
                            () -> rehearsals.begin(team, id, app, COMPONENT, "defaultdb")))
                    .isTrue();
            assertThat(copies(app)).isEqualTo(1);
        }
        for (int i = 0; i < 2; i++) {
            VertxContextSupport.subscribeAndAwait(() -> rehearsals.end(team, app, COMPONENT));
        }
        Awaitility.await("the copy is gone").atMost(Duration.ofSeconds(60)).until(() -> copies(app) == 0);
        pool.preparedQuery("delete from app where id = $1")
                .execute(Tuple.of(app))
                .await()
                .indefinitely();
        source.delete();
    }

    private int copies(UUID app) {
        return pool.preparedQuery("select count(*)::int from cluster where app = $1")
                .execute(Tuple.of(app))
                .await()
                .indefinitely()
                .iterator()
                .next()
                .getInteger(0);
    }
}
