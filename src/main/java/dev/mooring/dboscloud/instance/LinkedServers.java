package dev.mooring.dboscloud.instance;

import dev.mooring.home.Vault;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.Row;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** The way into servers of other people. Encrypted when the server can; its certificate is nobody's that we know. */
@ApplicationScoped
class LinkedServers {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final Vault vault;

    private final OutboundPolicy policy;

    LinkedServers(Vertx vertx, Vault vault, OutboundPolicy policy) {
        this.vertx = vertx;
        this.vault = vault;
        this.policy = policy;
    }

    record Access(String host, int port, String user, String password) {}

    /** What a query answers first. Comes on any thread; fails with 422 that says why the server cannot be used. */
    <T> Uni<T> first(Access access, String query, Function<Row, T> read) {
        return Uni.createFrom()
                .item(() -> address(access.host()))
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .chain(address -> first(access, address, query, read));
    }

    /** Looked up once: the next answer may be another. */
    private String address(String host) {
        try {
            return policy.resolve(host).getFirst().getHostAddress();
        } catch (OutboundPolicy.Refused e) {
            throw ApiException.unprocessable("HostName: " + e.getMessage());
        }
    }

    private <T> Uni<T> first(Access access, String address, String query, Function<Row, T> read) {
        return first(access, address, SslMode.REQUIRE, query, read)
                // What the server itself says is final; one that cannot encrypt says nothing.
                .onFailure(failure -> !(failure instanceof PgException) && !(failure instanceof IOException))
                .recoverWithUni(() -> first(access, address, SslMode.DISABLE, query, read))
                .ifNoItem()
                .after(PATIENCE)
                .fail()
                .onFailure()
                .transform(failure -> ApiException.unprocessable("cannot connect to PostgreSQL at " + access.host()
                        + ":" + access.port() + " as " + access.user()
                        + ": "
                        + (failure.getMessage() == null
                                ? "no answer within " + PATIENCE.toSeconds() + " s"
                                : failure.getMessage())));
    }

    private <T> Uni<T> first(Access access, String address, SslMode mode, String query, Function<Row, T> read) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(address)
                .setPort(access.port())
                .setDatabase("postgres")
                .setUser(access.user())
                .setPassword(access.password())
                .setSslMode(mode)
                .setTrustAll(true);
        options.setConnectTimeout((int) PATIENCE.toMillis()).setReconnectAttempts(0);
        return Uni.createFrom()
                .completionStage(() -> PgConnection.connect(vertx, options)
                        .compose(connection -> connection
                                .query(query)
                                .execute()
                                .map(rows -> rows.size() == 0
                                        ? null
                                        : read.apply(rows.iterator().next()))
                                .eventually(() -> connection.close()))
                        .toCompletionStage());
    }

    /** On a Vert.x context. The names have been checked: nothing in them means anything to SQL. */
    Uni<Void> dropDatabases(Instance instance, List<String> names) {
        Context here = Vertx.currentContext();
        return Panache.withSession(() -> LinkedInstance.<LinkedInstance>findById(instance.id()))
                .chain(linked -> {
                    Access access = new Access(linked.host, linked.port, linked.userName, vault.unseal(linked.secret));
                    Uni<Void> all = Uni.createFrom().voidItem();
                    for (String name : names) {
                        all = all.chain(() -> this.<Object>first(
                                        access, "drop database if exists \"" + name + "\"", row -> null)
                                .replaceWithVoid());
                    }
                    return all;
                })
                .emitOn(command -> here.runOnContext(nothing -> command.run()));
    }
}
