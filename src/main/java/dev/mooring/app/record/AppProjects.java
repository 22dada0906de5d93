package dev.mooring.app.record;

import dev.mooring.access.account.ProjectContents;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** The apps of a project, each with the databases that are its own. */
@ApplicationScoped
class AppProjects implements ProjectContents {

    private static final String OWN = " and team = $1 and deleted_at is null";

    @Override
    public String kind() {
        return "app";
    }

    @Override
    public Uni<List<Assigned>> in(SqlClient tx, UUID team, UUID project) {
        return tx.preparedQuery("select id, coalesce(project_since, created_at) from app where project_id = $2" + OWN
                        + " order by created_at, id")
                .execute(Tuple.of(team, project))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> new Assigned(row.getUUID(0), row.getOffsetDateTime(1)))
                        .toList());
    }

    @Override
    public Uni<UUID> move(SqlClient tx, UUID team, UUID id, UUID project) {
        return tx.preparedQuery("select project_id from app where id = $2" + OWN + " for update")
                .execute(Tuple.of(team, id))
                .map(rows ->
                        rows.rowCount() == 0 ? null : rows.iterator().next().getUUID(0))
                .call(before -> before == null || before.equals(project)
                        ? Uni.createFrom().voidItem()
                        : tx.preparedQuery("update app set project_id = $2, project_since = now() where id = $1")
                                .execute(Tuple.of(id, project))
                                .chain(() -> tx.preparedQuery("update cluster set project_id = $2 where app = $1")
                                        .execute(Tuple.of(id, project))));
    }

    @Override
    public Uni<Void> leave(SqlClient tx, UUID project, UUID other) {
        return tx.preparedQuery("update app set project_id = $2 where project_id = $1")
                .execute(Tuple.of(project, other))
                .replaceWithVoid();
    }
}
