package dev.mooring.access;

import dev.mooring.home.MooringHome;
import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import dev.mooring.operation.MetadataReady;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes what an empty installation needs: the default team with its project and networks, and the administrator's token. */
@ApplicationScoped
class FirstStart {

    private static final int SHORTEST_TOKEN = 16;

    private final Pool pool;
    private final MooringHome home;
    private final Vault vault;
    private final Regions regions;
    private final Optional<String> configuredToken;

    FirstStart(
            Pool pool,
            MooringHome home,
            Vault vault,
            Regions regions,
            @ConfigProperty(name = "mooring.admin.token") Optional<String> configuredToken) {
        this.pool = pool;
        this.home = home;
        this.vault = vault;
        this.regions = regions;
        this.configuredToken = configuredToken;
    }

    void start(@Observes @Priority(100) MetadataReady event) throws IOException {
        if (!event.migrated()) {
            return;
        }
        String token = adminToken();
        pool.withTransaction(tx -> team(tx).chain(team ->
                        project(tx, team).chain(() -> networks(tx, team)).chain(() -> token(tx, team, token))))
                .await()
                .indefinitely();
        if (configuredToken.isEmpty()) {
            MooringHome.write(home.adminToken(), token + "\n", "rw-------");
        }
    }

    private String adminToken() throws IOException {
        if (configuredToken.isPresent()) {
            if (configuredToken.get().length() < SHORTEST_TOKEN) {
                throw new IllegalArgumentException(
                        "MOORING_ADMIN_TOKEN must have at least " + SHORTEST_TOKEN + " characters");
            }
            return configuredToken.get();
        }
        return Files.exists(home.adminToken())
                ? Files.readString(home.adminToken()).strip()
                : TokenText.make(Team.DEFAULT);
    }

    /** Several replicas may start at once: each statement gives way to the one that came first. */
    private Uni<UUID> team(SqlConnection tx) {
        return tx.preparedQuery("insert into team (id, name, metrics_username, metrics_secret) values ($1, $2, $3, $4)"
                        + " on conflict (name) do nothing")
                .execute(Tuple.of(UUID.randomUUID(), Team.DEFAULT, "metrics", vault.seal(RandomText.password())))
                .chain(() ->
                        tx.preparedQuery("select id from team where name = $1").execute(Tuple.of(Team.DEFAULT)))
                .map(rows -> rows.iterator().next().getUUID(0));
    }

    private Uni<Void> project(SqlConnection tx, UUID team) {
        return tx.preparedQuery("insert into project (id, team, name, is_default) values ($1, $2, 'default', true)"
                        + " on conflict do nothing")
                .execute(Tuple.of(UUID.randomUUID(), team))
                .replaceWithVoid();
    }

    private Uni<Void> networks(SqlConnection tx, UUID team) {
        return tx.preparedQuery("insert into vpc (id, team, name, region, ip_range, is_default)"
                        + " select gen_random_uuid(), $1, 'default-' || slug, slug, '127.0.0.0/8', true"
                        + " from unnest($2::text[]) as slug on conflict do nothing")
                .execute(Tuple.of(team, regions.slugs().toArray(String[]::new)))
                .replaceWithVoid();
    }

    private Uni<Void> token(SqlConnection tx, UUID team, String token) {
        return tx.preparedQuery(
                        "insert into access_token (id, team, name, hash, scopes) values ($1, $2, 'admin', $3, $4)"
                                + " on conflict (hash) do nothing")
                .execute(Tuple.of(UUID.randomUUID(), team, Buffer.buffer(TokenText.hash(token)), Scopes.ALL))
                .replaceWithVoid();
    }
}
