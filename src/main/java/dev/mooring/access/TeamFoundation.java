package dev.mooring.access;

import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What every team has from its first moment: credentials for its metrics, its project, and its networks. */
@ApplicationScoped
public class TeamFoundation {

    private static final String METRICS_USER = "metrics";

    private final Vault vault;
    private final Regions regions;

    TeamFoundation(Vault vault, Regions regions) {
        this.vault = vault;
        this.regions = regions;
    }

    /** In the caller's transaction. A team of that name that is there already stays as it is; what it lacks it gets. */
    public Uni<UUID> found(SqlClient tx, @Nullable String name, boolean administers) {
        return tx.preparedQuery("insert into team (id, name, administers, metrics_username, metrics_secret)"
                        + " values ($1, $2, $3, $4, $5) on conflict (name) do nothing")
                .execute(
                        Tuple.of(UUID.randomUUID(), name, administers, METRICS_USER, vault.seal(RandomText.password())))
                .chain(() ->
                        tx.preparedQuery("select id from team where name = $1").execute(Tuple.of(name)))
                .map(rows -> rows.iterator().next().getUUID(0))
                .call(team -> project(tx, team))
                .call(team -> networks(tx, team, administers));
    }

    private static Uni<Void> project(SqlClient tx, UUID team) {
        return tx.preparedQuery("insert into project (id, team, name, is_default) values ($1, $2, 'default', true)"
                        + " on conflict do nothing")
                .execute(Tuple.of(UUID.randomUUID(), team))
                .replaceWithVoid();
    }

    /** @param others whether other teams get theirs of regions that have been added as well */
    private Uni<Void> networks(SqlClient tx, UUID team, boolean others) {
        return tx.preparedQuery("insert into vpc (id, team, name, region, ip_range, is_default)"
                        + " select gen_random_uuid(), team.id, 'default-' || slug, slug, '127.0.0.0/8', true"
                        + " from team, unnest($2::text[]) as slug where team.id = $1 or $3 on conflict do nothing")
                .execute(Tuple.of(team, regions.slugs().toArray(String[]::new), others))
                .replaceWithVoid();
    }
}
