package dev.mooring.audit;

import dev.mooring.operation.MetadataReady;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.data.Interval;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Every statement on the trail. The database itself refuses to change what is written. */
@ApplicationScoped
class AuditTrail {

    private static final Logger LOG = Logger.getLogger(AuditTrail.class);

    private static final String ENTRY =
            "insert into audit_entry (id, team, team_name, token, token_name, user_name, address,"
                    + " method, endpoint, parameters, subject_kind, subject_id, request)"
                    + " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

    private static final String OUTCOME =
            "insert into audit_outcome (entry, status, subject_kind, subject_id, operations, repeated)"
                    + " values ($1, $2, $3, $4, $5, $6)";

    private static final String FROM = " from audit_entry e left join audit_outcome o on o.entry = e.id where true";

    /** The trigger lets nobody else. */
    private static final String SWEEPS = "select set_config('mooring.sweep', 'audit', true)";

    private static final String SWEEP =
            "with gone as (delete from audit_entry where at < now() - $1::interval returning id)"
                    + " delete from audit_outcome where entry in (select id from gone)";

    private final Pool pool;
    private final AuditSettings settings;
    private volatile boolean ready;

    AuditTrail(Pool pool, AuditSettings settings) {
        this.pool = pool;
        this.settings = settings;
    }

    /** Who asks for what. */
    record Asked(
            UUID id,
            UUID team,
            @Nullable String teamName,
            UUID token,
            @Nullable String tokenName,
            @Nullable String user,
            String address,
            String method,
            String endpoint,
            Map<String, String> parameters,
            Subject subject,
            String request) {

        private Tuple tuple() {
            JsonObject values = new JsonObject();
            parameters.forEach(values::put);
            return Tuple.from(new Object[] {
                id,
                team,
                teamName,
                token,
                tokenName,
                user,
                address,
                method,
                endpoint,
                values,
                subject.kind(),
                subject.id(),
                request
            });
        }
    }

    /** @param repeated refusals left out before this one */
    record Outcome(
            UUID entry,
            int status,
            @Nullable String subjectKind,
            @Nullable String subjectId,
            List<UUID> operations,
            int repeated) {
        private Tuple tuple() {
            return Tuple.of(entry, status, subjectKind, subjectId, operations.toArray(UUID[]::new), repeated);
        }
    }

    /** @param team null for all; the others null for any */
    record Wanted(
            @Nullable UUID team,
            @Nullable OffsetDateTime since,
            @Nullable OffsetDateTime until,
            @Nullable UUID token,
            @Nullable String subject) {

        /** Only what is asked for, so that each question finds its index. */
        private String condition(Tuple values) {
            return and(values, " and e.team = $%d", team)
                    + and(values, " and e.at >= $%d", since)
                    + and(values, " and e.at < $%d", until)
                    + and(values, " and e.token = $%d", token)
                    + and(
                            values,
                            " and ($%1$d in (e.subject_id, o.subject_id)"
                                    + " or exists (select from jsonb_each_text(e.parameters) p where p.value = $%1$d))",
                            subject);
        }

        private static String and(Tuple values, String condition, @Nullable Object value) {
            if (value == null) {
                return "";
            }
            values.addValue(value);
            return condition.formatted(values.size());
        }
    }

    void start(@Observes MetadataReady event) {
        ready = true;
    }

    /** Before the change begins. */
    Uni<Void> asked(Asked asked) {
        return pool.preparedQuery(ENTRY).execute(asked.tuple()).replaceWithVoid();
    }

    /** Before the answer leaves. */
    Uni<Void> ended(Outcome outcome) {
        return pool.preparedQuery(OUTCOME).execute(outcome.tuple()).replaceWithVoid();
    }

    /** Nothing was begun: both at once. */
    Uni<Void> refused(Asked asked, Outcome outcome) {
        return pool.withTransaction(tx -> tx.preparedQuery(ENTRY)
                .execute(asked.tuple())
                .chain(() -> tx.preparedQuery(OUTCOME).execute(outcome.tuple()))
                .replaceWithVoid());
    }

    /** Newest first. */
    Uni<List<AuditEntry>> list(Wanted wanted, int limit, int offset) {
        Tuple values = Tuple.tuple();
        String found = "select " + AuditEntry.COLUMNS + FROM + wanted.condition(values);
        int place = values.size();
        return pool.preparedQuery(
                        found + " order by e.number desc limit $%d offset $%d".formatted(place + 1, place + 2))
                .execute(values.addInteger(limit).addInteger(offset))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(AuditEntry::of)
                        .toList());
    }

    Uni<Integer> count(Wanted wanted) {
        Tuple values = Tuple.tuple();
        return pool.preparedQuery("select count(*)::int" + FROM + wanted.condition(values))
                .execute(values)
                .map(rows -> rows.iterator().next().getInteger(0));
    }

    @Scheduled(every = "1h", delayed = "10m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> sweep() {
        return ready
                ? sweep(settings.retention())
                        .onFailure()
                        .invoke(failure -> LOG.warnf("old audit entries stay for now: %s", failure.getMessage()))
                        .replaceWithVoid()
                : Uni.createFrom().voidItem();
    }

    /** @return how many outcomes went with their entries */
    Uni<Integer> sweep(Duration retention) {
        return pool.withTransaction(tx -> tx.query(SWEEPS)
                .execute()
                .chain(() -> tx.preparedQuery(SWEEP).execute(Tuple.of(Interval.of(retention))))
                .map(RowSet::rowCount));
    }
}
