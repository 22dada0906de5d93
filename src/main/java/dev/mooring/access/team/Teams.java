package dev.mooring.access.team;

import dev.mooring.access.Team;
import dev.mooring.access.TeamBelongings;
import dev.mooring.access.TeamFoundation;
import dev.mooring.access.TokenLookup;
import dev.mooring.access.UserNames;
import dev.mooring.web.ApiException;
import dev.mooring.web.Effects;
import dev.mooring.web.Problems;
import io.quarkus.arc.All;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The life of teams. A name is for ever: it is in tokens, and in the paths of DBOS Cloud's API. */
@ApplicationScoped
public class Teams {

    private static final int CONFLICT = 409;
    private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9_-]{1,28})[a-z0-9]");
    /** What a team has from its beginning; its tokens end with it. */
    private static final List<String> OWN = List.of("access_token", "tag", "kept_archive", "vpc", "project");

    private final Pool pool;
    private final TeamFoundation foundation;
    private final List<TeamBelongings> belongings;
    private final TokenLookup lookup;
    private final Effects effects;

    Teams(
            Pool pool,
            TeamFoundation foundation,
            @All List<TeamBelongings> belongings,
            TokenLookup lookup,
            Effects effects) {
        this.pool = pool;
        this.foundation = foundation;
        this.belongings = belongings;
        this.lookup = lookup;
        this.effects = effects;
    }

    /** Fails with 409 when the name is taken, and with 422 naming everything that is wrong. */
    Uni<Team> create(@Nullable String name, @Nullable Quotas given) {
        Quotas quotas = Quotas.orNone(given);
        Problems problems = new Problems();
        problems.check(
                name != null && NAME.matcher(name).matches() && !UserNames.taken(name),
                "name",
                "must have 3 to 30 lower-case letters, digits, dashes and underscores, begin and end with a letter or"
                        + " digit, and not be a word of the API");
        quotas.check(problems);
        problems.throwIfAny();
        return pool.withTransaction(tx -> free(tx, name)
                        .chain(() -> foundation.found(tx, name, false))
                        .call(id -> write(tx, id, quotas)))
                .invoke(id -> effects.subject("team", id.toString()))
                .chain(id -> find(id.toString()));
    }

    /** One of that name at a time. */
    private static Uni<Void> free(SqlConnection tx, @Nullable String name) {
        return tx.query("select pg_advisory_xact_lock(hashtext('mooring teams'))")
                .execute()
                .chain(() ->
                        tx.preparedQuery("select from team where name = $1").execute(Tuple.of(name)))
                .invoke(rows -> {
                    if (rows.rowCount() > 0) {
                        throw new ApiException(CONFLICT, "a team named " + name + " exists already");
                    }
                })
                .replaceWithVoid();
    }

    private static Uni<Void> write(SqlConnection tx, UUID team, Quotas quotas) {
        return tx.preparedQuery(
                        "update team set most_clusters = $2, most_storage_mib = $3, most_nodes = $4 where id = $1")
                .execute(Tuple.of(team, quotas.clusters(), quotas.storageMib(), quotas.nodes()))
                .replaceWithVoid();
    }

    /** Oldest first. */
    Uni<List<Team>> list() {
        return Panache.withSession(() -> Team.list("order by createdAt, id"));
    }

    /** By id or by name; fails with 404. */
    Uni<Team> find(String idOrName) {
        return Panache.withSession(() -> query(idOrName, LockModeType.NONE));
    }

    private static Uni<Team> query(String idOrName, LockModeType lock) {
        UUID id = uuid(idOrName);
        return (id == null ? Team.<Team>find("name", idOrName) : Team.<Team>find("id", id))
                .withLock(lock)
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(() -> ApiException.notFound("team not found"));
    }

    private static @Nullable UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** What the team has beyond its new quotas stays; it gets nothing more. Fails with 404 or 422. */
    Uni<Team> limit(String idOrName, @Nullable Quotas given) {
        Quotas quotas = Quotas.orNone(given);
        Problems problems = new Problems();
        quotas.check(problems);
        problems.throwIfAny();
        return Panache.withTransaction(
                () -> query(idOrName, LockModeType.PESSIMISTIC_WRITE).invoke(quotas::writeTo));
    }

    /**
     * Its tokens end with it, and nothing of its deleted clusters can be recovered any more. Fails with 404, with 409 naming
     * what the team still has, and with 422 for the team that administers the installation.
     */
    Uni<Void> delete(String idOrName) {
        return Panache.withTransaction(() -> query(idOrName, LockModeType.PESSIMISTIC_WRITE)
                        .chain(team -> {
                            if (team.administers) {
                                throw ApiException.unprocessable("the team " + team.name
                                        + " administers the installation and cannot be deleted");
                            }
                            return everything(team.id)
                                    .invoke(found -> refuse(team, found))
                                    .chain(() -> removeOwn(team.id))
                                    .chain(() -> team.delete());
                        }))
                .invoke(lookup::forgetAll);
    }

    private Uni<List<String>> everything(UUID team) {
        Uni<List<String>> all = Uni.createFrom().item(new ArrayList<>());
        for (TeamBelongings some : belongings) {
            all = all.chain(found -> some.of(team).invoke(found::addAll).replaceWith(found));
        }
        return all;
    }

    private static void refuse(Team team, List<String> found) {
        if (!found.isEmpty()) {
            throw new ApiException(
                    CONFLICT,
                    "the team " + team.name + " still has " + String.join(", ", found) + ": delete that first");
        }
    }

    private static Uni<Void> removeOwn(UUID team) {
        Uni<Void> all = Uni.createFrom().voidItem();
        for (String table : OWN) {
            all = all.chain(() -> Panache.getSession()
                            .chain(session -> session.createNativeQuery("delete from " + table + " where team = :team")
                                    .setParameter("team", team)
                                    .executeUpdate()))
                    .replaceWithVoid();
        }
        return all;
    }
}
