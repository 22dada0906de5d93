package dev.mooring.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the metadata database itself sees to. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AuditTrailTest {

    @Inject
    AuditTrail trail;

    @Inject
    Pool pool;

    private UUID entry(int daysOld) {
        UUID id = UUID.randomUUID();
        pool.preparedQuery("insert into audit_entry (id, at, address, method, endpoint, parameters, request)"
                        + " values ($1, $2, '127.0.0.1', 'POST', '/somewhere', '{}', 'test-request')")
                .execute(Tuple.of(id, OffsetDateTime.now().minusDays(daysOld)))
                .await()
                .indefinitely();
        pool.preparedQuery("insert into audit_outcome (entry, status) values ($1, 200)")
                .execute(Tuple.of(id))
                .await()
                .indefinitely();
        return id;
    }

    private int rows(String table, String column, UUID id) {
        return pool.preparedQuery("select count(*)::int from " + table + " where " + column + " = $1")
                .execute(Tuple.of(id))
                .map(rows -> rows.iterator().next().getInteger(0))
                .await()
                .indefinitely();
    }

    @Test
    void nothingThatIsWrittenCanBeChanged() {
        UUID id = entry(0);
        for (String statement : new String[] {
            "update audit_entry set token_name = 'somebody else' where id = '" + id + "'",
            "delete from audit_entry where id = '" + id + "'",
            "update audit_outcome set status = 404 where entry = '" + id + "'",
            "delete from audit_outcome where entry = '" + id + "'",
            "truncate audit_entry",
            "truncate audit_outcome"
        }) {
            assertThatThrownBy(() -> pool.query(statement).execute().await().indefinitely())
                    .as(statement)
                    .hasMessageContaining("append-only");
        }
        assertThat(rows("audit_entry", "id", id)).isEqualTo(1);
    }

    @Test
    void whatIsOlderThanTheRetentionGoesWithItsOutcome() {
        UUID old = entry(400);
        UUID young = entry(300);
        trail.sweep(Duration.ofDays(365)).await().indefinitely();
        assertThat(rows("audit_entry", "id", old)).isZero();
        assertThat(rows("audit_outcome", "entry", old)).isZero();
        assertThat(rows("audit_entry", "id", young)).isEqualTo(1);
        assertThat(rows("audit_outcome", "entry", young)).isEqualTo(1);
    }
}
