package dev.mooring.access.account;

import dev.mooring.access.Caller;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is in the projects of the caller's team, and what becomes of it. */
@ApplicationScoped
class Projects {

    private static final int PRECONDITION_FAILED = 412;
    private static final int MOST_AT_ONCE = 100;
    private static final Pattern URN = Pattern.compile("do:([a-z]+):([0-9A-Fa-f-]{36})");

    private final Pool pool;
    private final Caller caller;
    private final Instance<ProjectContents> contents;
    private final Clock clock;

    Projects(Pool pool, Caller caller, Instance<ProjectContents> contents, Clock clock) {
        this.pool = pool;
        this.caller = caller;
        this.contents = contents;
        this.clock = clock;
    }

    /** @param status as DigitalOcean's API has it: ok, assigned, already_assigned, not_found */
    record Resource(String urn, @Nullable String assignedAt, String status) {}

    private record Found(String kind, ProjectContents.Assigned assigned) {
        Resource resource(String status) {
            return new Resource(urn(kind, assigned.id()), Formats.time(assigned.since()), status);
        }
    }

    private static String urn(String kind, UUID id) {
        return "do:" + kind + ":" + id;
    }

    Uni<List<Resource>> resources(UUID project) {
        return resources(pool, project);
    }

    private Uni<List<Resource>> resources(SqlClient tx, UUID project) {
        return Multi.createFrom()
                .iterable(contents)
                .onItem()
                .transformToUniAndConcatenate(kind -> kind.in(tx, caller.team(), project)
                        .map(all -> all.stream()
                                .map(assigned -> new Found(kind.kind(), assigned))
                                .toList()))
                .collect()
                .asList()
                .map(lists -> lists.stream()
                        .flatMap(List::stream)
                        .sorted(Comparator.comparing(found -> found.assigned().since()))
                        .map(found -> found.resource("ok"))
                        .toList());
    }

    /**
     * Puts resources of the team into a project; what is not there says so, and the others are moved.
     *
     * @param urns such as {@code do:dbaas:<id>}; fails with 422 for what is none, with 404 when the project has gone
     */
    Uni<List<Resource>> assign(UUID project, @Nullable List<String> urns) {
        Problems problems = new Problems();
        problems.check(
                urns != null && !urns.isEmpty() && urns.size() <= MOST_AT_ONCE,
                "resources",
                "must be a list of 1 to " + MOST_AT_ONCE);
        problems.throwIfAny();
        Objects.requireNonNull(urns);
        List<Matcher> parsed = new ArrayList<>();
        for (int i = 0; i < urns.size(); i++) {
            Matcher urn = URN.matcher(urns.get(i) == null ? "" : urns.get(i));
            problems.check(
                    urn.matches() && kind(urn.group(1)) != null,
                    "resources[" + i + "]",
                    "must be one of "
                            + contents.stream()
                                    .map(kind -> "do:" + kind.kind() + ":<id>")
                                    .sorted()
                                    .collect(Collectors.joining(", ")));
            parsed.add(urn);
        }
        problems.throwIfAny();
        String now = Formats.time(OffsetDateTime.now(clock));
        return pool.withTransaction(tx -> hold(tx, project, "for key share")
                .chain(() -> Multi.createFrom()
                        .iterable(parsed)
                        .onItem()
                        .transformToUniAndConcatenate(urn -> Objects.requireNonNull(kind(urn.group(1)))
                                .move(tx, caller.team(), UUID.fromString(urn.group(2)), project)
                                .map(before -> before == null
                                        ? new Resource(urn.group(), null, "not_found")
                                        : new Resource(
                                                urn.group(),
                                                now,
                                                before.equals(project) ? "already_assigned" : "assigned")))
                        .collect()
                        .asList()));
    }

    private @Nullable ProjectContents kind(String name) {
        return contents.stream()
                .filter(kind -> kind.kind().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** In the transaction, whether the project is the default one; fails with 404 when it has gone. */
    private static Uni<Boolean> hold(SqlClient tx, UUID project, String lock) {
        return tx.preparedQuery("select is_default from project where id = $1 " + lock)
                .execute(Tuple.of(project))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw ApiException.notFound("project not found");
                    }
                    return rows.iterator().next().getBoolean(0);
                });
    }

    /** Fails with 412 for the default project and for one that has something in it, and with 404 when it has gone. */
    Uni<Void> delete(Project project) {
        return pool.withTransaction(tx -> hold(tx, project.id, "for update")
                .invoke(isDefault -> {
                    if (isDefault) {
                        throw new ApiException(
                                PRECONDITION_FAILED,
                                "the default project cannot be deleted: make another one the default first");
                    }
                })
                .chain(() -> resources(tx, project.id))
                .invoke(inside -> {
                    if (!inside.isEmpty()) {
                        throw new ApiException(
                                PRECONDITION_FAILED,
                                "the project has resources, assign them to another one first: "
                                        + inside.stream().map(Resource::urn).collect(Collectors.joining(", ")));
                    }
                })
                .chain(() -> tx.preparedQuery("select id from project where team = $1 and is_default for key share")
                        .execute(Tuple.of(project.team)))
                .map(rows -> rows.iterator().next().getUUID(0))
                .chain(other -> Multi.createFrom()
                        .iterable(contents)
                        .onItem()
                        .transformToUniAndConcatenate(kind -> kind.leave(tx, project.id, other))
                        .collect()
                        .asList())
                .chain(() ->
                        tx.preparedQuery("delete from project where id = $1").execute(Tuple.of(project.id)))
                .replaceWithVoid());
    }
}
