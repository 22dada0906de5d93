package dev.mooring.start;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Opens the metadata pool's first connection as soon as there is a pool, beside the rest of the start: a handshake over
 * TLS takes about as long as what is left of it, and the first request would have to wait for it.
 */
@Singleton
class FirstConnection implements PgPoolCreator {

    @Override
    public Pool create(Input input) {
        Pool pool = PgBuilder.pool()
                .with(input.poolOptions())
                .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
                .using(input.vertx())
                .build();
        // When it fails the next one does too, and Metadata says why.
        pool.getConnection().onSuccess(SqlConnection::close);
        return pool;
    }
}
