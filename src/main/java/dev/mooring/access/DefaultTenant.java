package dev.mooring.access;

import dev.mooring.home.MooringHome;
import dev.mooring.operation.MetadataReady;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Makes what an installation needs and lacks: the team that administers it, and the administrator's token. Several replicas may
 * start at once: each statement gives way to the one that came first.
 */
@ApplicationScoped
class DefaultTenant {

    private static final Logger LOG = Logger.getLogger(DefaultTenant.class);
    private static final int SHORTEST_TOKEN = 16;

    private final Pool pool;
    private final MooringHome home;
    private final TeamFoundation teams;
    private final AdminTokens tokens;
    private final Optional<String> configuredToken;

    DefaultTenant(
            Pool pool,
            MooringHome home,
            TeamFoundation teams,
            AdminTokens tokens,
            @ConfigProperty(name = "mooring.admin.token") Optional<String> configuredToken) {
        this.pool = pool;
        this.home = home;
        this.teams = teams;
        this.tokens = tokens;
        this.configuredToken = configuredToken.map(String::strip);
    }

    void start(@Observes @Priority(100) MetadataReady event) throws IOException {
        if (!event.migrated()) {
            return;
        }
        if (configuredToken.isPresent()) {
            takeSetting(configuredToken.get());
        } else {
            takeFile();
        }
    }

    /** What a file of this home held until now is replaced as well. */
    private void takeSetting(String token) throws IOException {
        if (TokenText.secret(token).length() < SHORTEST_TOKEN) {
            throw new IllegalArgumentException("MOORING_ADMIN_TOKEN must have at least " + SHORTEST_TOKEN
                    + " characters, behind its last dot if it has any");
        }
        String file = AdminTokens.file(home.nodeId());
        boolean valid =
                install((tx, team) -> tokens.install(tx, team, token, AdminTokens.SETTING, AdminTokens.SETTING, file));
        if (valid) {
            Files.deleteIfExists(home.adminToken());
        } else {
            LOG.warn("the value of MOORING_ADMIN_TOKEN has been revoked or replaced by another one, and stays refused:"
                    + " nobody gets in with it. Set a value that was never used to get a new administrator's token");
        }
    }

    private void takeFile() throws IOException {
        String token = Files.exists(home.adminToken())
                ? Files.readString(home.adminToken()).strip()
                : TokenText.make(Team.DEFAULT);
        String origin = AdminTokens.file(home.nodeId());
        if (install((tx, team) -> tokens.install(tx, team, token, origin, origin))) {
            MooringHome.write(home.adminToken(), token + "\n", "rw-------");
        } else {
            LOG.warnf(
                    "the administrator's token in %s has been revoked and stays refused. To get a new one, remove the file"
                            + " or set MOORING_ADMIN_TOKEN, and start Mooring again",
                    home.adminToken());
        }
    }

    private boolean install(Installation installation) {
        return pool.withTransaction(tx -> teams.found(tx, Team.DEFAULT, true).chain(team -> installation.in(tx, team)))
                .await()
                .indefinitely();
    }

    @FunctionalInterface
    private interface Installation {
        Uni<Boolean> in(SqlClient tx, UUID team);
    }
}
