package dev.mooring.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.app.record.Phase;
import dev.mooring.app.release.DeployApp;
import dev.mooring.app.release.DeployWish;
import dev.mooring.app.release.RemoveApp;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.UUID;

/** What becomes of the rows of apps and deployments when an operation on them moves or ends. */
@ApplicationScoped
public class AppOutcomeHandler implements OutcomeHandler {

    private static final String PHASE =
            "update deployment set phase = $2, updated_at = now(), phase_updated_at = case when phase = $2 then phase_updated_at"
                    + " else now() end where id = $1";
    /** Operations are swept some day, deployments are not: how it went is copied. */
    private static final String OUTCOME =
            "update deployment d set outcome = jsonb_build_object('journal', o.journal, 'facts', $2::jsonb, 'state', $3::text,"
                    + " 'step', o.step, 'error', $4::text, 'runs', (o.wish->>'runs')::boolean,"
                    + " 'binds', (o.wish->>'binds')::boolean, 'finished_at', now())::text"
                    + " from operation o where d.id = $1 and o.id = d.operation";

    private static final String SUPERSEDE =
            "update deployment set phase = 'SUPERSEDED', updated_at = now(), phase_updated_at = now()"
                    + " where app = $1 and id <> $2 and phase = 'ACTIVE'";
    private static final String ACTIVATE = "update app set active_deployment = $2, updated_at = now() where id = $1";

    private final DeployApp deploy;
    private final RemoveApp remove;

    private final ObjectMapper mapper;

    AppOutcomeHandler(DeployApp deploy, RemoveApp remove, ObjectMapper mapper) {
        this.deploy = deploy;
        this.remove = remove;
        this.mapper = mapper;
    }

    private JsonObject json(Object value) {
        try {
            return new JsonObject(mapper.writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Set<String> kinds() {
        return Set.of(deploy.kind(), remove.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        UUID app = outcome.operation().subject();
        if (outcome.operation().kind().equals(remove.kind())) {
            return outcome.state() == OperationState.DONE
                    ? tx.preparedQuery("delete from app where id = $1")
                            .execute(Tuple.of(app))
                            .replaceWithVoid()
                    : Uni.createFrom().voidItem();
        }
        UUID deployment = ((DeployWish) outcome.wish()).deployment();
        Phase phase = Phase.of(outcome.state(), DeployApp.Steps.valueOf(outcome.step()));
        // The app first, like everybody who changes one.
        return tx.preparedQuery("select from app where id = $1 for update")
                .execute(Tuple.of(app))
                .chain(() -> outcome.state() == OperationState.DONE
                        ? tx.preparedQuery(SUPERSEDE)
                                .execute(Tuple.of(app, deployment))
                                .chain(() -> tx.preparedQuery(ACTIVATE).execute(Tuple.of(app, deployment)))
                                .replaceWithVoid()
                        : Uni.createFrom().voidItem())
                .chain(() -> tx.preparedQuery(PHASE).execute(Tuple.of(deployment, phase.name())))
                .chain(() -> outcome.state().ended()
                        ? tx.preparedQuery(OUTCOME)
                                .execute(Tuple.of(
                                        deployment,
                                        json(outcome.facts()),
                                        outcome.state().wire(),
                                        outcome.error()))
                                .replaceWithVoid()
                        : Uni.createFrom().voidItem())
                .replaceWithVoid();
    }
}
