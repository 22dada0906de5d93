package dev.mooring.access.account;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;

/** Resources of one kind that belong to projects. Each room that keeps such has one of these. */
public interface ProjectContents {

    /** @param since when it was made or assigned there */
    record Assigned(UUID id, OffsetDateTime since) {}

    /** What a URN of them has, such as {@code dbaas}. */
    String kind();

    /** What is in the project, oldest first. */
    Uni<List<Assigned>> in(SqlClient tx, UUID team, UUID project);

    /**
     * In the caller's transaction: puts one of the team's into a project, with whatever is a part of it.
     *
     * @return the project that it was in; null when the team has no such resource
     */
    Uni<UUID> move(SqlClient tx, UUID team, UUID id, UUID project);

    /** In the caller's transaction: takes what is deleted and only remembered out of a project that goes. */
    Uni<Void> leave(SqlClient tx, UUID project, UUID other);
}
